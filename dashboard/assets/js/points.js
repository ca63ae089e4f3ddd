// All incidents of a data version as typed arrays: one download, then every filter, pan and
// zoom happens here. Format: dashboard/points.py.
(function () {
  "use strict";

  const WORLD = 2 ** 28;
  const MAGIC = 0x31504150; // "PAP1"
  const HEAD_BYTES = 20;
  const SPRITE_LIMIT = 25000; // beyond, plain squares are drawn pixel by pixel
  const REACH_PX = 8;
  // Opacity (of 255) of a lone mark and of a crowd this many times the usual one.
  const LEAST_INK = 70;
  const FULL_INK = 245;
  const CROWDED = 3;

  function decode(buffer) {
    const view = new DataView(buffer);
    if (view.getUint32(0, true) !== MAGIC) throw new Error("not a points payload");
    const n = view.getUint32(4, true);
    let at = HEAD_BYTES;
    const take = (Type) => {
      const column = new Type(buffer, at, n);
      at += n * Type.BYTES_PER_ELEMENT;
      return column;
    };
    return {
      n,
      firstDay: view.getInt32(8, true),
      originX: view.getUint32(12, true) / WORLD,
      originY: view.getUint32(16, true) / WORLD,
      x: take(Uint32Array),
      y: take(Uint32Array),
      id: take(Uint32Array),
      day: take(Uint16Array),
      unit: take(Uint16Array),
      category: take(Uint8Array),
      rank: take(Uint8Array),
      hour: take(Uint8Array),
    };
  }

  // 1 where position i is allowed; null allows all, also positions beyond the table.
  function table(size, allowed) {
    const yes = new Uint8Array(size);
    if (allowed == null) yes.fill(1);
    else for (const i of allowed) yes[i] = 1;
    return yes;
  }

  function select(data, filter) {
    const category = table(256, filter.categories);
    const hour = table(256, filter.hours);
    const unit = table(65536, filter.units);
    const rank = new Uint8Array(256);
    const severity = table(16, filter.severities);
    const worst = filter.worstMatch == null ? 15 : filter.worstMatch;
    for (let i = 0; i < 256; i += 1) rank[i] = severity[i >> 4] && (i & 15) <= worst ? 1 : 0;
    // Weekday of the first day; 1970-01-01 was a Thursday (3 with Monday = 0).
    const first = (((data.firstDay + 3) % 7) + 7) % 7;
    const chosen = table(7, filter.weekdays);
    const weekday = new Uint8Array(7);
    for (let i = 0; i < 7; i += 1) weekday[i] = chosen[(first + i) % 7];
    const from = filter.dayFrom == null ? 0 : filter.dayFrom - data.firstDay;
    const to = filter.dayTo == null ? 65535 : filter.dayTo - data.firstDay;
    const picked = new Uint32Array(data.n);
    let count = 0;
    const { day, rank: ranks, hour: hours, unit: units, category: categories, n } = data;
    for (let i = 0; i < n; i += 1) {
      const d = day[i];
      if (
        d >= from && d <= to && category[categories[i]] && rank[ranks[i]] &&
        hour[hours[i]] && unit[units[i]] && weekday[d % 7]
      ) {
        picked[count] = i;
        count += 1;
      }
    }
    return picked.slice(0, count);
  }

  // "#RRGGBB" → little-endian RGBA pixel.
  const pixel = (hex) => {
    const rgb = parseInt(hex.slice(1), 16);
    return ((0xff << 24) | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
  };

  Atlas.kinds.Points = Atlas.Canvas.extend({
    options: { pane: "atlas-points", padding: 0.15 },

    update(options) {
      const colours = Atlas.state.config.colours.map((usual, i) => options.colours[i] || usual);
      this._style = { ...options, colours };
      this._filter = JSON.stringify(options.filter);
      if (options.url === this._url) this.refresh();
      else {
        this.load(options.url, "arrayBuffer", (buffer) => {
          this._data = decode(buffer);
          this._picked = null;
        });
      }
    },

    refresh() {
      if (!this._data) return;
      this.redraw();
    },

    draw(context, frame) {
      const data = this._data;
      if (!data) return;
      const start = performance.now();
      if (!this._picked || this._pickedFor !== this._filter) {
        this._picked = select(data, this._style.filter);
        this._pickedFor = this._filter;
      }
      const filtered = performance.now();
      const seen = this.locate(data, frame);
      const radius = Math.max(1, Math.min(7, 1 + (frame.zoom - 9) * 0.85)) * frame.ratio;
      if (seen.count <= SPRITE_LIMIT) this.drawSprites(context, seen, radius);
      else this.drawPixels(context, seen, radius, frame);
      Atlas.count({ shown: this._picked.length, view: this.countInView(seen, frame) });
      const end = performance.now();
      this.timing = { filter_ms: filtered - start, draw_ms: end - filtered, seen: seen.count };
    },

    // Canvas positions of the picked points on the canvas, grave ones last (on top).
    locate(data, frame) {
      const { x, y, rank } = data;
      const picked = this._picked;
      const step = frame.scale / WORLD;
      const left = frame.left - data.originX * frame.scale;
      const top = frame.top - data.originY * frame.scale;
      if (!this._seen || this._seen.index.length < picked.length) {
        const room = picked.length;
        this._seen = {
          index: new Uint32Array(room), px: new Int16Array(room), py: new Int16Array(room),
        };
      }
      const { index, px, py } = this._seen;
      let count = 0;
      for (let pass = 0; pass < 2; pass += 1) {
        for (let k = 0; k < picked.length; k += 1) {
          const i = picked[k];
          if (rank[i] >= 48 !== (pass === 1)) continue;
          const cx = x[i] * step - left;
          const cy = y[i] * step - top;
          if (cx < -8 || cy < -8 || cx > frame.width + 8 || cy > frame.height + 8) continue;
          index[count] = i;
          px[count] = cx;
          py[count] = cy;
          count += 1;
        }
      }
      this._seen.count = count;
      return this._seen;
    },

    countInView(seen, frame) {
      const margin = this._map.getSize().multiplyBy(this.options.padding * frame.ratio);
      const right = frame.width - margin.x;
      const bottom = frame.height - margin.y;
      let count = 0;
      for (let k = 0; k < seen.count; k += 1) {
        const cx = seen.px[k];
        const cy = seen.py[k];
        if (cx >= margin.x && cy >= margin.y && cx <= right && cy <= bottom) count += 1;
      }
      return count;
    },

    drawSprites(context, seen, radius) {
      const { category, rank } = this._data;
      const outline = Atlas.state.config.theme.outline;
      // Severity by size: slight, moderate, serious, major.
      const scale = [1, 0.85, 1, 1.3, 1.7];
      for (let k = 0; k < seen.count; k += 1) {
        const i = seen.index[k];
        const size = Math.round(Math.max(2, radius) * scale[rank[i] >> 4] * 2) / 2;
        const mark = Atlas.sprite("circle", this._style.colours[category[i]], size, outline);
        context.drawImage(mark.image, seen.px[k] - mark.half, seen.py[k] - mark.half);
      }
    },

    // Too many for single marks: the more that share a pixel, the more ink it gets, relative to
    // the crowd in view, so that a map full of points still shows where they gather.
    drawPixels(context, seen, radius, frame) {
      const { width, height } = frame;
      if (!this._image || this._image.width !== width || this._image.height !== height) {
        this._image = context.createImageData(width, height);
        this._pixels = new Uint32Array(this._image.data.buffer);
        this._crowd = new Uint16Array(width * height);
      } else {
        this._pixels.fill(0);
        this._crowd.fill(0);
      }
      const pixels = this._pixels;
      const crowd = this._crowd;
      const colour = new Uint32Array(this._style.colours.map(pixel));
      const { category, rank } = this._data;
      const side = Math.max(1, Math.round(radius * 1.3));
      let inked = 0;
      let marks = 0;
      for (let k = 0; k < seen.count; k += 1) {
        const i = seen.index[k];
        const edge = side + (rank[i] >= 48 ? 1 : 0);
        const x0 = Math.max(0, seen.px[k] - (edge >> 1));
        const y0 = Math.max(0, seen.py[k] - (edge >> 1));
        const x1 = Math.min(width, x0 + edge);
        const y1 = Math.min(height, y0 + edge);
        const c = colour[category[i]];
        for (let y = y0; y < y1; y += 1) {
          const row = y * width;
          for (let x = x0; x < x1; x += 1) {
            pixels[row + x] = c;
            if (crowd[row + x] === 0) inked += 1;
            if (crowd[row + x] < 65535) crowd[row + x] += 1;
            marks += 1;
          }
        }
      }
      const full = Math.max(1, CROWDED * (marks / Math.max(1, inked) - 1));
      for (let at = 0; at < pixels.length; at += 1) {
        if (crowd[at] === 0) continue;
        const share = Math.min(1, (crowd[at] - 1) / full);
        const ink = LEAST_INK + (FULL_INK - LEAST_INK) * share;
        pixels[at] = (pixels[at] & 0xffffff) | (ink << 24);
      }
      context.putImageData(this._image, 0, 0);
    },

    hit(point) {
      const data = this._data;
      const seen = this._seen;
      if (!data || !seen) return null;
      const at = this.toCanvas(point);
      const reach = REACH_PX * (window.devicePixelRatio || 1);
      let best = reach * reach;
      let found = -1;
      for (let k = 0; k < seen.count; k += 1) {
        const dx = seen.px[k] - at.x;
        if (dx > reach || dx < -reach) continue;
        const dy = seen.py[k] - at.y;
        const distance = dx * dx + dy * dy;
        if (distance <= best) {
          best = distance;
          found = seen.index[k];
        }
      }
      if (found < 0) return null;
      const date = new Date((data.firstDay + data.day[found]) * 86400000);
      const hour = data.hour[found];
      const clock = hour < 24 ? ` ${String(hour).padStart(2, "0")}:00–` : "";
      return {
        kind: "incident",
        key: data.id[found],
        latlng: Atlas.unproject(
          data.originX + data.x[found] / WORLD,
          data.originY + data.y[found] / WORLD,
        ),
        lines: [
          Atlas.word(Atlas.state.config.categories[data.category[found]]),
          date.toISOString().slice(0, 10) + clock,
        ],
      };
    },
  });
})();
