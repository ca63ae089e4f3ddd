// Road sections by rank, state or grade; the one that is open is brought out.
(function () {
  "use strict";

  const DEGREE = 1e5;
  const HIT_PX = 12;
  // Accidents would hide the sections of a whole county; from near they are to be seen on them.
  const NEAR_ZOOM = 13;
  const BELOW_POINTS = 355; // among the panes of atlas.js
  const ABOVE_POINTS = 440;

  Atlas.kinds.Sections = Atlas.Canvas.extend({
    options: { pane: "atlas-cells", padding: 0.15 },

    update(options) {
      this._style = options;
      if (options.url === this._url) this.redraw();
      else this.load(options.url, "json", (data) => (this._sections = unpack(data)));
    },

    draw(context, frame) {
      const { theme, textScale } = Atlas.state.config;
      const width = Math.max(3.5, Math.min(9, frame.zoom - 6.5)) * frame.ratio * textScale;
      const { shown, by, selected } = this._style;
      this.getPane().style.zIndex = frame.zoom < NEAR_ZOOM ? ABOVE_POINTS : BELOW_POINTS;
      context.lineCap = context.lineJoin = "round";
      this._drawn = [];
      if (!this._sections) return;
      // The first is the most pressing: drawn last, on top.
      const order = shown.map((i) => this._sections[i]).reverse();
      const open = this._sections.find((section) => section.key === selected);
      if (open) order.push(open);
      for (const section of order) {
        const path = (section.path = new Path2D());
        for (const chain of section.chains) {
          chain.forEach(([x, y], i) => {
            const px = x * frame.scale - frame.left;
            const py = y * frame.scale - frame.top;
            if (chain.length === 1) path.arc(px, py, width / 2, 0, 2 * Math.PI);
            else if (i) path.lineTo(px, py);
            else path.moveTo(px, py);
          });
        }
        const isOpen = section === open;
        if (isOpen) stroke(context, path, theme.text, width + 7 * frame.ratio);
        stroke(context, path, theme.outline, width + (isOpen ? 4 : 2) * frame.ratio);
        stroke(context, path, section.colours[by], width);
        this._drawn.push(section);
      }
    },

    hit(point) {
      const at = this.toCanvas(point);
      this._context.lineWidth = HIT_PX * (window.devicePixelRatio || 1);
      for (const section of (this._drawn || []).slice().reverse()) {
        if (this._context.isPointInStroke(section.path, at.x, at.y)) {
          return { kind: "section", key: section.key, lines: section.notes };
        }
      }
      return null;
    },
  });

  function stroke(context, path, colour, width) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
  }

  // Lines come flat, as hundred-thousandths of a degree.
  function unpack({ keys, lines, colours, notes }) {
    return keys.map((key, i) => ({
      key,
      notes: notes[i],
      colours: Object.fromEntries(Object.entries(colours).map(([by, all]) => [by, all[i]])),
      chains: lines[i].map((flat) => {
        const chain = [];
        for (let k = 0; k < flat.length; k += 2) {
          chain.push(Atlas.mercator(flat[k] / DEGREE, flat[k + 1] / DEGREE));
        }
        return chain;
      }),
    }));
  }
})();
