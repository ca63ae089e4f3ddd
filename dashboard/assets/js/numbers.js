// A handful of numbered marks, sent with the layer itself: places to choose from, and the
// point the user has set.
(function () {
  "use strict";

  const RADIUS_PX = 12;

  Atlas.kinds.Numbers = Atlas.Canvas.extend({
    options: { pane: "atlas-marks", padding: 0.15 },

    update({ marks, clickKind }) {
      this._clickKind = clickKind;
      this._marks = marks.map((mark) => ({ ...mark, at: Atlas.mercator(mark.lon, mark.lat) }));
      this.redraw();
    },

    draw(context, frame) {
      this._drawn = [];
      const { theme } = Atlas.state.config;
      const radius = RADIUS_PX * frame.ratio;
      context.font = Atlas.font(13 * frame.ratio, 700);
      context.textAlign = "center";
      context.textBaseline = "middle";
      // The first is the best: drawn last, it lies on top.
      for (const mark of [...(this._marks || [])].reverse()) {
        const x = mark.at[0] * frame.scale - frame.left;
        const y = mark.at[1] * frame.scale - frame.top;
        const sprite = Atlas.sprite("circle", mark.colour, radius, theme.outline);
        context.drawImage(sprite.image, x - sprite.half, y - sprite.half);
        context.fillStyle = "#FFFFFF";
        context.fillText(mark.label, x, y + frame.ratio);
        this._drawn.push([x, y, mark]);
      }
    },

    hit(point) {
      const at = this.toCanvas(point);
      const reach = RADIUS_PX * (window.devicePixelRatio || 1);
      const near = ([x, y]) => (x - at.x) ** 2 + (y - at.y) ** 2 <= reach * reach;
      const found = (this._drawn || []).filter(near).pop();
      if (!found) return null;
      const { key, name, lat, lon } = found[2];
      return { kind: this._clickKind, key, latlng: L.latLng(lat, lon), lines: [name] };
    },
  });
})();
