// The map's runtime. Python declares layers (slot, kind, options); this file keeps the
// map in step with the declaration, answers the pointer, and draws the fixed controls.
// Text from data only ever enters the page through textContent or a canvas.
(function () {
  "use strict";

  const Atlas = (window.Atlas = { kinds: {}, setups: {} });
  const state = { map: null, config: null, slots: new Map(), serial: 0, fit: null };
  Atlas.state = state;

  // From the region's own base map (below) to what lies on top.
  const PANES = { areas: 340, heat: 350, cells: 355, points: 420, lines: 440, marks: 460, labels: 470 };

  Atlas.setup = function (map, config) {
    state.map = map;
    state.config = config;
    for (const [name, index] of Object.entries(PANES)) {
      const pane = map.createPane("atlas-" + name);
      pane.style.zIndex = index;
      pane.style.pointerEvents = "none";
    }
    map.getContainer().style.background = config.theme.ground;
    map.getContainer().style.setProperty("--atlas-text", config.theme.text);
    map.getContainer().style.setProperty("--atlas-ground", config.theme.ground);
    map.getContainer().style.setProperty("--atlas-scale", config.textScale);
    document.documentElement.lang = config.language === "zh" ? "zh-CN" : config.language;
    if (map.zoomControl) map.zoomControl.remove();
    if (config.controls) {
      const titles = { zoomInTitle: config.titles.zoom_in, zoomOutTitle: config.titles.zoom_out };
      L.control.zoom({ position: "topleft", ...titles }).addTo(map);
    }
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    if (map.attributionControl) {
      map.attributionControl.setPrefix(false);
      const source = document.createElement("span");
      source.textContent = config.attribution;
      map.attributionControl.addAttribution(source.innerHTML);
    }
    if (config.watermark) corner("topright", "atlas-watermark", config.watermark).addTo(map);
    state.counter = config.controls ? corner("bottomleft", "atlas-counter", "").addTo(map) : null;
    Atlas.addBaseMap(map, config);
    restoreView(map, config);
    listen(map);
  };

  function corner(position, className, text) {
    const control = L.control({ position });
    control.onAdd = function () {
      this.box = L.DomUtil.create("div", className);
      this.box.textContent = text;
      return this.box;
    };
    return control;
  }

  // Run once the map has a size: a frame that is still hidden has none, and any view
  // computed for it would be the whole world.
  function whenSized(map, run) {
    const { x, y } = map.getSize();
    if (x && y) run();
    else map.once("resize", () => whenSized(map, run));
  }

  // Fill the window: whole zoom steps only, and a sliver at the edges may be cut for the
  // next one.
  const MAY_CUT = 0.06;
  function frame(map, [west, south, east, north]) {
    const bounds = L.latLngBounds([south, west], [north, east]);
    whenSized(map, () => {
      const zoom = map.getBoundsZoom(bounds.pad(-MAY_CUT));
      map.setView(bounds.getCenter(), zoom, { animate: false });
    });
  }

  function restoreView(map, config) {
    const key = config.remember && "atlas-view-" + config.remember;
    let view = null;
    try {
      view = key && JSON.parse(sessionStorage.getItem(key));
    } catch {
      view = null; // storage may be switched off: the view then starts at the region
    }
    const [west, south, east, north] = config.bounds;
    whenSized(map, () => {
      if (view) map.setView([view.lat, view.lng], view.zoom, { animate: false });
      else frame(map, config.bounds);
      map.setMinZoom(Math.max(0, map.getBoundsZoom([[south, west], [north, east]]) - 2));
      if (key) map.on("moveend", () => keepView(map, key));
    });
    // The middle of the view stays the middle whatever the frame's size becomes.
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  }

  function keepView(map, key) {
    const { lat, lng } = map.getCenter();
    try {
      sessionStorage.setItem(key, JSON.stringify({ lat, lng, zoom: map.getZoom() }));
    } catch {
      // Nothing to do: the view is then not remembered.
    }
  }

  // Streamlit's component library adds its theme's style sheet again with every message.
  function tidyStyles() {
    const themes = [...document.head.querySelectorAll("style")].filter((style) =>
      style.textContent.includes("--primary-color"),
    );
    themes.slice(0, -1).forEach((style) => style.remove());
  }

  // Make the map show exactly these layers. A layer that stays in its slot is updated in
  // place: what it has fetched is kept, and nothing flickers.
  Atlas.show = function (map, layers, fit) {
    tidyStyles();
    const wanted = new Set(layers.map((layer) => layer.slot));
    for (const [slot, layer] of state.slots) {
      if (!wanted.has(slot)) {
        map.removeLayer(layer);
        state.slots.delete(slot);
      }
    }
    for (const { slot, kind, options } of layers) {
      const there = state.slots.get(slot);
      if (there && there.kind === kind) {
        there.update(options);
        continue;
      }
      if (there) map.removeLayer(there);
      const layer = new Atlas.kinds[kind]();
      layer.kind = kind;
      state.slots.set(slot, layer);
      layer.addTo(map);
      layer.update(options);
    }
    if (!state.slots.has("points")) Atlas.count(null);
    const text = JSON.stringify(fit);
    if (fit && text !== state.fit) frame(map, fit);
    state.fit = text;
  };

  Atlas.word = (code) => (code && state.config.words[code]) || code || "";

  Atlas.count = function (counts) {
    if (!state.counter) return;
    const box = state.counter.box;
    box.style.display = counts ? "" : "none";
    if (!counts) return;
    const number = new Intl.NumberFormat(state.config.language === "zh" ? "zh-CN" : "en");
    box.textContent = state.config.counts
      .replace("{shown}", number.format(counts.shown))
      .replace("{view}", number.format(counts.view));
  };

  // Small payloads shared by URL; a layer asks again only when the URL changes.
  Atlas.fetch = async function (url, how) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status} for ${url.split("?")[0]}`);
    return answer[how]();
  };

  // What lies under the pointer, topmost pane first: {layer, kind, key, lines, latlng}.
  const ORDER = ["sites", "places", "hazards", "points", "cells", "units"];
  function hit(point) {
    const known = [...state.slots.keys()];
    const rest = known.filter((slot) => !ORDER.includes(slot));
    for (const slot of [...rest, ...ORDER]) {
      const layer = state.slots.get(slot);
      const found = layer && layer.hit && layer.hit(point);
      if (found) return { layer, ...found };
    }
    return null;
  }

  function listen(map) {
    const tip = L.DomUtil.create("div", "atlas-tip", map.getContainer());
    let waiting = null;
    const clear = () => {
      tip.style.display = "none";
      map.getContainer().style.cursor = "";
    };
    map.on("mousemove", (event) => {
      if (waiting) {
        waiting = event;
        return;
      }
      waiting = event;
      setTimeout(() => {
        const { containerPoint } = waiting;
        waiting = null;
        if (map._animatingZoom || map.dragging.moving()) return clear();
        const found = hit(containerPoint);
        if (!found) return clear();
        map.getContainer().style.cursor = "pointer";
        tip.replaceChildren(
          ...found.lines.filter(Boolean).map((line) => {
            const row = document.createElement("div");
            row.textContent = line;
            return row;
          }),
        );
        tip.style.display = found.lines.some(Boolean) ? "" : "none";
        const size = map.getSize();
        const left = Math.min(containerPoint.x + 14, size.x - tip.offsetWidth - 4);
        const above = containerPoint.y + 18 + tip.offsetHeight > size.y;
        const top = above ? containerPoint.y - tip.offsetHeight - 10 : containerPoint.y + 18;
        L.DomUtil.setPosition(tip, L.point(left, top));
      }, 40);
    });
    map.on("mouseout movestart zoomstart", clear);
    map.on("click", (event) => {
      const found = hit(event.containerPoint);
      if (!found) return;
      const latlng = found.latlng || event.latlng;
      const { kind, key } = found;
      const serial = (state.serial += 1);
      // streamlit-folium reports whatever event.layer.toGeoJSON() says.
      const feature = {
        type: "Feature",
        geometry: { type: "Point", coordinates: [latlng.lng, latlng.lat] },
        properties: { kind, key: String(key), serial },
      };
      found.layer.fire("click", { latlng, layer: { toGeoJSON: () => feature } });
    });
  }
})();
