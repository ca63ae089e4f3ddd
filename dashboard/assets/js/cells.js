// Cells of a grid, coloured by class, with the sign of the class where there is room for it.
(function () {
  "use strict";

  const DEGREE = 1e5;
  const OUTLINE_FROM_PX = 7;
  const SIGN_FROM_PX = 15;
  const BELOW_POINTS = 355; // among the panes of atlas.js
  const ABOVE_NAMES = 480;

  Atlas.kinds.Cells = Atlas.Canvas.extend({
    options: { pane: "atlas-cells", padding: 0.15 },

    update(options) {
      this._style = options;
      if (options.url === this._url) this.redraw();
      else this.load(options.url, "json", (data) => (this._cells = unpack(data)));
    },

    draw(context, frame) {
      const { theme } = Atlas.state.config;
      context.lineJoin = "round";
      context.lineWidth = frame.ratio;
      context.strokeStyle = theme.outline;
      context.textAlign = "center";
      context.textBaseline = "middle";
      let widest = 0;
      for (const cell of this._cells || []) {
        const path = (cell.path = new Path2D());
        let left = Infinity;
        let right = -Infinity;
        for (const ring of cell.rings) {
          ring.forEach(([x, y], i) => {
            const px = x * frame.scale - frame.left;
            const py = y * frame.scale - frame.top;
            left = Math.min(left, px);
            right = Math.max(right, px);
            if (i) path.lineTo(px, py);
            else path.moveTo(px, py);
          });
          path.closePath();
        }
        const width = (right - left) / frame.ratio;
        widest = Math.max(widest, width);
        if (right < 0 || left > frame.width) continue;
        context.globalAlpha = this._style.opacity;
        context.fillStyle = cell.colour;
        context.fill(path, "evenodd");
        context.globalAlpha = 1;
        if (width >= OUTLINE_FROM_PX) context.stroke(path);
        if (cell.sign && width >= SIGN_FROM_PX) {
          const [x, y] = cell.middle;
          context.font = Atlas.font(Math.min(22, width * 0.55) * frame.ratio, 700);
          context.fillStyle = cell.ink;
          context.fillText(cell.sign, x * frame.scale - frame.left, y * frame.scale - frame.top);
        }
      }
      // Small cells would vanish below the names of places; large ones have room for them.
      this.getPane().style.zIndex = widest < SIGN_FROM_PX ? ABOVE_NAMES : BELOW_POINTS;
    },

    hit(point) {
      const at = this.toCanvas(point);
      const found = (this._cells || []).find(
        ({ path }) => path && this._context.isPointInPath(path, at.x, at.y, "evenodd"),
      );
      if (!found) return null;
      const { key, label, note } = found;
      return { kind: "cell", key, lines: [label, note] };
    },
  });

  // Rings come flat, as hundred-thousandths of a degree, each with the cell it belongs to.
  function unpack({ classes, of, keys, notes, rings, owners }) {
    const cells = keys.map((key, i) => {
      const [lon, lat] = key.split(",").map(Number);
      const [label, colour, sign, ink] = classes[of[i]];
      return { key, note: notes[i], label, colour, sign, ink, rings: [], middle: Atlas.mercator(lon, lat) };
    });
    rings.forEach((flat, i) => {
      const ring = [];
      for (let k = 0; k < flat.length; k += 2) {
        ring.push(Atlas.mercator(flat[k] / DEGREE, flat[k + 1] / DEGREE));
      }
      cells[owners[i]].rings.push(ring);
    });
    return cells;
  }
})();
