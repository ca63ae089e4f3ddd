// A canvas that covers the view with a margin, is stretched by CSS while zooming and redrawn
// when the map comes to rest. Subclasses implement draw(context, frame).
(function () {
  "use strict";

  const { state } = window.Atlas;
  const WORLD = 256;

  Atlas.Canvas = L.Renderer.extend({
    options: { padding: 0.15 },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._context = this._container.getContext("2d");
    },

    _destroyContainer() {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._context;
    },

    _updatePaths() {
      this.redraw();
    },

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.fire("update");
    },

    redraw() {
      if (!this._map || !this._container) return;
      const ratio = window.devicePixelRatio || 1;
      const size = this._bounds.getSize();
      const canvas = this._container;
      const width = Math.round(size.x * ratio);
      const height = Math.round(size.y * ratio);
      if (!width || !height) return; // the frame has no size yet; a resize follows
      L.DomUtil.setPosition(canvas, this._bounds.min);
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      } else {
        this._context.setTransform(1, 0, 0, 1, 0, 0);
        this._context.clearRect(0, 0, width, height);
      }
      const zoom = this._map.getZoom();
      const origin = this._map.getPixelOrigin().add(this._bounds.min);
      this.draw(this._context, {
        ratio,
        width,
        height,
        zoom,
        // canvas pixel = world fraction · scale − offset
        scale: WORLD * 2 ** zoom * ratio,
        left: origin.x * ratio,
        top: origin.y * ratio,
      });
    },

    // Container pixel → canvas pixel.
    toCanvas(point) {
      const ratio = window.devicePixelRatio || 1;
      const at = this._map.containerPointToLayerPoint(point).subtract(this._bounds.min);
      return at.multiplyBy(ratio);
    },

    // Fetch once per URL; a late answer to an older question is dropped.
    async load(url, how, take) {
      if (url === this._url) return;
      this._url = url;
      const answer = await Atlas.fetch(url, how);
      if (url !== this._url || !this._map) return;
      take(answer);
      this.redraw();
    },
  });

  Atlas.mercator = function (lon, lat) {
    const sine = Math.sin((lat * Math.PI) / 180);
    return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
  };

  Atlas.unproject = function (x, y) {
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
    return L.latLng(lat, (x - 0.5) * 360);
  };

  Atlas.font = (px, weight) =>
    `${weight || 400} ${Math.round(px * state.config.textScale)}px ` +
    '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif';

  const SHAPES = {
    circle: (path, r) => path.arc(0, 0, r, 0, 2 * Math.PI),
    square: (path, r) => path.rect(-0.85 * r, -0.85 * r, 1.7 * r, 1.7 * r),
    triangle: (path, r) => polygon(path, [0, -r, r, 0.8 * r, -r, 0.8 * r]),
    diamond: (path, r) => polygon(path, [0, -1.15 * r, 1.15 * r, 0, 0, 1.15 * r, -1.15 * r, 0]),
    cross: (path, r) => {
      const a = 0.35 * r;
      polygon(path, [-a, -r, a, -r, a, -a, r, -a, r, a, a, a, a, r, -a, r, -a, a, -r, a, -r, -a, -a, -a]);
    },
    star: (path, r) => {
      const corners = [];
      for (let i = 0; i < 10; i += 1) {
        const length = i % 2 ? 0.48 * r : 1.15 * r;
        const angle = (i * Math.PI) / 5;
        corners.push(length * Math.sin(angle), -length * Math.cos(angle));
      }
      polygon(path, corners);
    },
  };

  function polygon(path, flat) {
    path.moveTo(flat[0], flat[1]);
    for (let i = 2; i < flat.length; i += 2) path.lineTo(flat[i], flat[i + 1]);
    path.closePath();
  }

  // A mark drawn once and copied: {image, half}.
  const sprites = new Map();
  Atlas.sprite = function (shape, colour, radius, outline) {
    const key = `${shape}|${colour}|${radius}|${outline}`;
    let sprite = sprites.get(key);
    if (!sprite) {
      const half = Math.ceil(radius * 1.2 + 2);
      const image = document.createElement("canvas");
      image.width = image.height = 2 * half;
      const context = image.getContext("2d");
      const path = new Path2D();
      SHAPES[shape](path, radius);
      context.translate(half, half);
      context.lineWidth = Math.max(1.5, radius / 3);
      context.strokeStyle = outline;
      context.stroke(path);
      context.fillStyle = colour;
      context.fill(path);
      sprite = { image, half };
      if (sprites.size > 500) sprites.clear();
      sprites.set(key, sprite);
    }
    return sprite;
  };
})();
