/* Online map tiles, where the planner allowed them: none is asked for before the reader wants them,
   since whoever hands them out learns what is looked at. */

if (RAW.tiles) {
  // some servers answer only who says where a page comes from; of the page itself they learn nothing
  layers.tiles = L.tileLayer(RAW.tiles.url, { maxZoom: 19, referrerPolicy: "origin" });
  LAYER_SWITCHES.push("tiles");
  map.on("layeradd layerremove", ({ layer }) => {
    if (layer === layers.tiles) showTiles();
  });
}

/** Say what online tiles give away, beside the button that asks for them. */
function showTiles() {
  byId("attribution").textContent = creditText();
  const old = byId("tiles");
  if (!RAW.tiles) return;
  const on = map.hasLayer(layers.tiles);
  const box = byId("layer-tiles");
  if (box) box.checked = on;
  const button = el("button", {
    type: "button",
    id: "tiles-button",
    text: say(on ? "tiles_hide" : "tiles_show"),
    on: {
      click: () => {
        showLayer("tiles", !on);
        byId("tiles-button").focus();
      },
    },
  });
  const strip = el(
    "p",
    { id: "tiles", class: "tiles" },
    el("span", { text: say("tiles_warning", { host: RAW.tiles.host }) }),
    " ",
    button,
  );
  if (old) old.replaceWith(strip);
  else byId("modelled").after(strip);
}

/** Whose work the map is. */
function creditText() {
  const roads = say(PLAN.facts.roads_modelled ? "attribution_modelled" : "attribution_osm");
  if (!RAW.tiles || !map.hasLayer(layers.tiles)) return roads;
  return say("attribution_tiles", { roads, host: RAW.tiles.host });
}
