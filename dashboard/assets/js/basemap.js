// The base map: the region's own PMTiles drawn with our own rules, in the theme's colours.
(function () {
  "use strict";

  // Pixels at zoom 11 by road class; a class not listed is a minor road.
  const WIDTHS = { expressway: 3.2, national: 2.6, provincial: 2.2, county: 1.4 };
  // Named one step earlier than crossings and single buildings.
  const SETTLEMENTS = new Set(["village", "community", "town"]);
  const width = (zoom, kind) => (WIDTHS[kind] || 0.8) * Math.max(0.5, 1 + (zoom - 11) * 0.25);
  const isMain = (feature) => feature.props.road_class in WIDTHS;

  Atlas.addBaseMap = function (map, config) {
    if (config.tiles) L.tileLayer(config.tiles, { maxZoom: 19, zIndex: 0 }).addTo(map);
    const { theme, base, language } = config;
    const P = window.protomapsL;
    const sources = (names) =>
      Object.fromEntries(
        names.filter((name) => base[name]).map((name) => [name, { url: base[name], maxDataZoom: name === "county" ? 12 : 13 }]),
      );
    const rule = (layer, symbolizer, more) => ({ dataSource: layer, dataLayer: layer, symbolizer, ...more });
    const line = (color, size, more) => new P.LineSymbolizer({ color, width: size, ...more });
    const ground = config.tiles ? [] : [rule("county", new P.PolygonSymbolizer({ fill: theme.county }))];
    P.leafletLayer({
      sources: sources(["county", "units", "roads"]),
      attribution: "",
      noWrap: true,
      paintRules: [
        ...ground,
        rule("units", line(theme.border, 1, { dash: [4, 3] }), {
          filter: (zoom, feature) => feature.props.role === "border",
        }),
        rule("roads", line(theme.road_minor, (zoom) => width(zoom, "")), {
          minzoom: 11,
          filter: (zoom, feature) => !isMain(feature),
        }),
        rule("roads", line(theme.road_casing, (zoom, feature) => width(zoom, feature.props.road_class) + 2), {
          filter: (zoom, feature) => isMain(feature),
        }),
        rule("roads", line(theme.road, (zoom, feature) => width(zoom, feature.props.road_class)), {
          filter: (zoom, feature) => isMain(feature),
        }),
        rule("county", line(theme.county_border, 1.6)),
      ],
      labelRules: [],
    }).addTo(map);

    const text = (kind, px, weight, props) =>
      new kind({
        labelProps: props,
        font: Atlas.font(px, weight),
        fill: theme.text,
        stroke: theme.halo,
        width: 2.5,
      });
    const name = language === "zh" ? ["name"] : ["name_en", "name"];
    P.leafletLayer({
      pane: "atlas-labels",
      sources: sources(["units", "roads", "places"]),
      attribution: "",
      noWrap: true,
      paintRules: [],
      labelRules: [
        rule("units", text(P.CenteredTextSymbolizer, 13, 600, name), {
          filter: (zoom, feature) => feature.props.role === "label",
        }),
        rule("roads", text(P.LineLabelSymbolizer, 11, 400, ["name"]), {
          minzoom: 12,
          filter: (zoom, feature) => isMain(feature),
        }),
        rule("places", text(P.CenteredTextSymbolizer, 11, 400, ["name"]), {
          minzoom: 13,
          filter: (zoom, feature) => zoom > 14 || SETTLEMENTS.has(feature.props.kind),
        }),
      ],
    }).addTo(map);
  };
})();
