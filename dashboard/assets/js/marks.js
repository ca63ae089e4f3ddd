// Sites and places: a few thousand marks, one shape and colour per kind.
(function () {
  "use strict";

  const PLAIN = ["circle", "#999999"];
  const NAMES_FROM_ZOOM = 14;
  const REACH_PX = 9;

  Atlas.kinds.Marks = Atlas.Canvas.extend({
    options: { pane: "atlas-marks", padding: 0.15 },

    update(options) {
      this._style = options;
      this._kinds = options.kinds && new Set(options.kinds);
      if (options.url === this._url) this.redraw();
      else {
        this.load(options.url, "json", (data) => {
          data.at = data.lon.map((lon, i) => Atlas.mercator(lon, data.lat[i]));
          this._data = data;
        });
      }
    },

    draw(context, frame) {
      this._drawn = [];
      const data = this._data;
      if (!data) return;
      const { theme } = Atlas.state.config;
      const small = this._style.clickKind === "place";
      const grown = Math.max(small ? 1.5 : 4, Math.min(small ? 3.5 : 9, 2 + (frame.zoom - 9)));
      const radius = Math.round(grown * frame.ratio * Math.sqrt(Atlas.state.config.textScale));
      const named = frame.zoom >= NAMES_FROM_ZOOM;
      const marks = this._style.marks || Atlas.state.config.marks;
      context.font = Atlas.font(12 * frame.ratio);
      context.lineJoin = "round";
      for (let i = 0; i < data.keys.length; i += 1) {
        if (this._kinds && !this._kinds.has(data.kinds[i])) continue;
        const x = Math.round(data.at[i][0] * frame.scale - frame.left);
        const y = Math.round(data.at[i][1] * frame.scale - frame.top);
        if (x < -20 || y < -20 || x > frame.width + 20 || y > frame.height + 20) continue;
        const [shape, colour] = marks[data.kinds[i]] || PLAIN;
        const mark = Atlas.sprite(shape, colour, radius, theme.outline);
        context.drawImage(mark.image, x - mark.half, y - mark.half);
        this._drawn.push([x, y, i]);
        if (named && data.names[i] && !small) {
          context.lineWidth = 3 * frame.ratio;
          context.strokeStyle = theme.halo;
          context.fillStyle = theme.text;
          context.strokeText(data.names[i], x + radius * 1.4, y + radius * 0.6);
          context.fillText(data.names[i], x + radius * 1.4, y + radius * 0.6);
        }
      }
    },

    hit(point) {
      if (!this._drawn || !this._data) return null;
      const at = this.toCanvas(point);
      const reach = REACH_PX * (window.devicePixelRatio || 1);
      let best = reach * reach;
      let found = -1;
      for (const [x, y, i] of this._drawn) {
        const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
        if (distance <= best) {
          best = distance;
          found = i;
        }
      }
      if (found < 0) return null;
      const { keys, names, kinds, lon, lat } = this._data;
      return {
        kind: this._style.clickKind,
        key: keys[found],
        latlng: L.latLng(lat[found], lon[found]),
        lines: [names[found], Atlas.word(kinds[found])],
      };
    },
  });
})();
