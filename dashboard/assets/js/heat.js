// Density tiles, double-buffered: the old picture stays until the new one is complete.
(function () {
  "use strict";

  const PATIENCE_MS = 4000;

  Atlas.kinds.Heat = L.Layer.extend({
    onAdd() {
      return this;
    },

    onRemove(map) {
      for (const tiles of [this._shown, this._coming]) if (tiles) map.removeLayer(tiles);
      this._shown = this._coming = this._url = null;
    },

    update({ url, opacity }) {
      if (url === this._url) return;
      this._url = url;
      const map = this._map;
      if (this._coming) map.removeLayer(this._coming);
      const bounds = Atlas.state.config.bounds;
      const coming = L.tileLayer(url, {
        pane: "atlas-heat",
        opacity: 0,
        // A tile is 512 px wide: fewer, larger answers cost the server less.
        tileSize: 512,
        zoomOffset: -1,
        maxZoom: 19,
        keepBuffer: 0,
        updateWhenZooming: false,
        bounds: [[bounds[1] - 0.05, bounds[0] - 0.05], [bounds[3] + 0.05, bounds[2] + 0.05]],
      });
      this._coming = coming;
      const swap = () => {
        clearTimeout(timer);
        if (this._coming !== coming) return;
        this._coming = null;
        const old = this._shown;
        this._shown = coming;
        coming.setOpacity(opacity);
        if (old) map.removeLayer(old);
      };
      const timer = setTimeout(swap, PATIENCE_MS);
      coming.once("load", swap);
      coming.addTo(map);
    },
  });
})();
