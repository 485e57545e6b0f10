/* What the reader has chosen: a station, a team or a post; at most one at a time. */

let opener = null; // where the reader came from, to give the focus back
const choiceLayer = L.layerGroup().addTo(map);

/** Choose a thing, from wherever: map point, list, search or link end up here. */
function choose(thing) {
  if (!chosen) opener = document.activeElement;
  chosen = thing;
  byId("panel").classList.add("has-choice");
  drawChoice();
  showDetail(thing);
  layers.stations.closeTooltip();
  // the panel may have changed the room that the map has
  map.invalidateSize({ animate: false, pan: false });
  lookAt(extentOf(thing));
}

/** Drop the choice and give the focus back to where it was made. */
function unchoose() {
  if (!chosen) return;
  chosen = null;
  byId("panel").classList.remove("has-choice");
  drawChoice();
  hideDetail();
  const back =
    opener && opener.isConnected && opener.offsetParent !== null ? opener : byId("query");
  back.focus({ preventScroll: true });
}

function extentOf(thing) {
  const team = teamOf(thing);
  if (team) return team.round;
  if (thing.kind === "post" && thing.teams.length)
    return [thing, ...thing.teams.map((row) => row.anchor)];
  return [thing];
}

function drawChoice() {
  choiceLayer.clearLayers();
  map.getContainer().classList.toggle("has-choice", chosen !== null);
  const team = teamOf(chosen);
  if (team) drawTeam(team);
  if (chosen && chosen.kind === "post") drawSpokes(chosen);
  if (chosen && chosen.kind !== "team") ring(chosen);
  for (const mark of marks.values()) mark.redraw();
}

function drawTeam(team) {
  const colour = strongColour(team);
  const line = { pane: "choice", renderer: canvases.choice, interactive: false, lineJoin: "round" };
  L.polygon([outline(team)], {
    ...line,
    color: colour,
    weight: 1.5,
    fillColor: colour,
    fillOpacity: 0.1,
  }).addTo(choiceLayer);
  L.polyline([team.post.at, team.anchor.at], {
    ...line,
    color: colour,
    weight: 2,
    dashArray: "2 7",
    lineCap: "round",
  }).addTo(choiceLayer);
  if (team.path.length) {
    L.polyline(team.path, { ...line, color: "#ffffff", weight: 8, opacity: 0.9 }).addTo(
      choiceLayer,
    );
    L.polyline(team.path, { ...line, color: colour, weight: 4.5 }).addTo(choiceLayer);
  }
  team.round.forEach((station, place) => {
    const html = el("span", { class: "order", text: num(place + 1) });
    const icon = L.divIcon({ html, className: "order-icon", iconSize: [0, 0] });
    L.marker(station.at, { pane: "orders", icon, interactive: false, keyboard: false }).addTo(
      choiceLayer,
    );
  });
}

function drawSpokes(post) {
  const spokes = post.teams.map((team) => [post.at, team.anchor.at]);
  L.polyline(spokes, {
    pane: "choice",
    renderer: canvases.choice,
    interactive: false,
    color: "#14213d",
    weight: 1.3,
    opacity: 0.6,
  }).addTo(choiceLayer);
}

function ring(thing) {
  const size = thing.kind === "post" ? 22 : markerRadius(map.getZoom()) + 8;
  const style = { pane: "choice", renderer: canvases.choice, interactive: false, radius: size };
  L.circleMarker(thing.at, {
    ...style,
    color: "#ffffff",
    weight: 6,
    fillColor: "#ffd60a",
    fillOpacity: 0.55,
  }).addTo(choiceLayer);
  L.circleMarker(thing.at, { ...style, color: "#14213d", weight: 2.5, fill: false }).addTo(
    choiceLayer,
  );
}
