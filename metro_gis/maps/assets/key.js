/* The key: signs of the classes with their counts, and the switches of the layers. */

const LAYER_SWITCHES = ["beats", "rounds", "posts", "places", "main", "local", "service"];

/** Add a layer that lies under the plan, shown, with its switch before another one. */
function addGroundLayer(name, before) {
  LAYER_SWITCHES.splice(LAYER_SWITCHES.indexOf(before), 0, name);
  SHOWN.add(name);
  layers[name].addTo(map);
}

function lookRow(look) {
  const count = PLAN.stations.filter((station) => lookOf(station) === look).length;
  return el(
    "li",
    {},
    sign(look),
    el("span", { text: say(`look.${look}`) }),
    el("span", { class: "count", text: num(count) }),
  );
}

const anchorRow = () => el("li", {}, anchorSign(), el("span", { text: say("anchor_sign") }));

const closedRow = () =>
  el(
    "li",
    {},
    el("span", { class: "swatch swatch-closed", "aria-hidden": "true" }),
    el("span", { text: say("closed_sign") }),
  );

const postRow = () =>
  el(
    "li",
    {},
    shield(16),
    el("span", { text: say("post") }),
    el("span", { class: "count", text: num(PLAN.posts.length) }),
  );

function layerSwitch(name) {
  const box = el("input", { type: "checkbox", id: `layer-${name}` });
  box.checked = SHOWN.has(name);
  box.addEventListener("change", () => showLayer(name, box.checked));
  return el(
    "li",
    {},
    el(
      "label",
      { for: box.id },
      box,
      el("span", { class: `swatch swatch-${name}`, "aria-hidden": "true" }),
      say(`layer.${name}`),
    ),
  );
}

function showKey() {
  const signs = el(
    "ul",
    { class: "signs" },
    ...LOOK_ORDER.map(lookRow),
    ...(forPublic() ? [] : [anchorRow(), postRow()]),
    ...reserveSigns(),
    ...("closed" in PLAN.basemap ? [closedRow()] : []),
  );
  const switches = el("ul", { class: "switches" }, ...LAYER_SWITCHES.filter(hasLayer).map(layerSwitch));
  byId("key-body").replaceChildren(
    ...(forPublic() ? [] : [el("h2", { text: say("risk_class") })]),
    signs,
    el("fieldset", {}, el("legend", { text: say("layers") }), switches),
    ...(forPublic() ? [] : [el("p", { class: "hint", text: say("beat_hint") })]),
  );
}

/* controls of the map, built anew when the language changes */
let controls = [];
function showControls() {
  for (const control of controls) control.remove();
  const home = L.control({ position: "topleft" });
  home.onAdd = () => {
    const button = el("button", {
      type: "button",
      class: "home",
      title: say("home"),
      "aria-label": say("home"),
      text: "⌂",
    });
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", () => goHome());
    return el("div", { class: "leaflet-bar" }, button);
  };
  const zoom = L.control.zoom({
    position: "topleft",
    zoomInTitle: say("zoom_in"),
    zoomOutTitle: say("zoom_out"),
  });
  controls = [
    zoom,
    home,
    L.control.scale({ position: "bottomright", imperial: false, maxWidth: 140 }),
  ];
  for (const control of controls) control.addTo(map);
}
