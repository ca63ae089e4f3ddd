// Unit areas and hazards (road sections, spots): a few thousand shapes on a canvas.
(function () {
  "use strict";

  const project = (chains) => chains.map((chain) => chain.map(([lon, lat]) => Atlas.mercator(lon, lat)));

  function pathOf(chains, frame, closed) {
    const path = new Path2D();
    for (const chain of chains) {
      chain.forEach(([x, y], i) => {
        const px = x * frame.scale - frame.left;
        const py = y * frame.scale - frame.top;
        if (i) path.lineTo(px, py);
        else path.moveTo(px, py);
      });
      if (closed) path.closePath();
    }
    return path;
  }

  // Stripes in the ground's colour: they read on every fill, also in grey.
  function stripes(context, colour, ratio) {
    const size = Math.round(9 * ratio);
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = 2.6 * ratio;
    pen.beginPath();
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift - ratio, size + ratio);
      pen.lineTo(shift + size + ratio, -ratio);
    }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  const byKey = (values) =>
    Object.fromEntries(
      Object.entries(values || {}).flatMap(([value, keys]) => keys.map((key) => [key, value])),
    );

  Atlas.kinds.Areas = Atlas.Canvas.extend({
    options: { pane: "atlas-areas", padding: 0.15 },

    update(options) {
      this._style = options;
      if (options.url === this._url) this.redraw();
      else {
        this.load(options.url, "json", ({ features }) => {
          for (const feature of features) {
            feature.at = project(feature.rings);
            feature.spot = Atlas.mercator(...feature.middle);
          }
          this._features = features;
        });
      }
    },

    draw(context, frame) {
      const { theme, textScale } = Atlas.state.config;
      const { opacity, selected } = this._style;
      const fills = byKey(this._style.fills);
      const hatched = new Set(this._style.hatched);
      const hatch = hatched.size ? stripes(context, theme.county, frame.ratio) : null;
      context.lineJoin = "round";
      context.lineWidth = 1.2 * frame.ratio * textScale;
      context.strokeStyle = theme.county_border;
      for (const feature of this._features || []) {
        feature.path = pathOf(feature.at, frame, true);
        if (fills[feature.key]) {
          context.globalAlpha = opacity;
          context.fillStyle = fills[feature.key];
          context.fill(feature.path, "evenodd");
          if (hatched.has(feature.key)) {
            context.fillStyle = hatch;
            context.fill(feature.path, "evenodd");
          }
        }
        context.globalAlpha = 0.8;
        context.stroke(feature.path);
      }
      context.globalAlpha = 1;
      const open = selected && (this._features || []).find(({ key }) => key === selected);
      if (open) {
        context.lineWidth = 3.4 * frame.ratio * textScale;
        context.strokeStyle = theme.text;
        context.stroke(open.path);
      }
      this._write(context, frame);
    },

    // The letter of each area, above its name, which in English may take two lines.
    _write(context, frame) {
      const { theme, language } = Atlas.state.config;
      const lift = (language === "zh" ? 9 : 17) * frame.ratio;
      const signs = byKey(this._style.signs);
      context.font = Atlas.font(13 * frame.ratio, 700);
      context.textAlign = "center";
      context.textBaseline = "bottom";
      context.lineWidth = 3.2 * frame.ratio;
      for (const { key, spot } of this._features || []) {
        if (!signs[key]) continue;
        const x = spot[0] * frame.scale - frame.left;
        const y = spot[1] * frame.scale - frame.top - lift;
        context.strokeStyle = theme.halo;
        context.strokeText(signs[key], x, y);
        context.fillStyle = theme.text;
        context.fillText(signs[key], x, y);
      }
    },

    hit(point) {
      const at = this.toCanvas(point);
      for (const feature of this._features || []) {
        if (feature.path && this._context.isPointInPath(feature.path, at.x, at.y, "evenodd")) {
          const { key, name } = feature;
          return { kind: "unit", key, lines: [name, this._style.notes[key]] };
        }
      }
      return null;
    },
  });

  Atlas.kinds.Hazards = Atlas.Canvas.extend({
    options: { pane: "atlas-lines", padding: 0.15 },

    update(options) {
      this._style = options;
      this._kinds = new Set(options.kinds);
      this._statuses = options.statuses && new Set(options.statuses);
      if (options.url === this._url) this.redraw();
      else {
        this.load(options.url, "json", ({ features }) => {
          for (const feature of features) feature.at = project(feature.lines);
          this._features = features;
        });
      }
    },

    draw(context, frame) {
      const { theme, textScale } = Atlas.state.config;
      const width = Math.max(3, Math.min(9, frame.zoom - 7)) * frame.ratio * textScale;
      context.lineCap = context.lineJoin = "round";
      this._drawn = [];
      for (const feature of this._features || []) {
        if (!this._kinds.has(feature.kind)) continue;
        if (this._statuses && !this._statuses.has(feature.status)) continue;
        const colour = this._style.colours[feature[this._style.by]] || "#999999";
        const [x, y] = feature.at[0][0];
        const px = x * frame.scale - frame.left;
        const py = y * frame.scale - frame.top;
        if (feature.at.every((chain) => chain.length === 1)) {
          const mark = Atlas.sprite("triangle", colour, Math.round(width * 1.4), theme.outline);
          context.drawImage(mark.image, px - mark.half, py - mark.half);
          feature.path = new Path2D();
          feature.path.arc(px, py, width * 1.4, 0, 2 * Math.PI);
        } else {
          feature.path = pathOf(feature.at, frame, false);
          context.strokeStyle = theme.outline;
          context.lineWidth = width + 2 * frame.ratio;
          context.stroke(feature.path);
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.stroke(feature.path);
        }
        this._drawn.push(feature);
      }
    },

    hit(point) {
      const at = this.toCanvas(point);
      this._context.lineWidth = 12 * (window.devicePixelRatio || 1);
      for (const feature of this._drawn || []) {
        if (
          this._context.isPointInStroke(feature.path, at.x, at.y) ||
          this._context.isPointInPath(feature.path, at.x, at.y)
        ) {
          const { key, name, kind, status, grade } = feature;
          const state = [Atlas.word(grade), Atlas.word(status)].filter(Boolean).join(" · ");
          return { kind: "hazard", key, lines: [name, Atlas.word(kind), state] };
        }
      }
      return null;
    },
  });
})();
