/* Paper: a sheet for each kecamatan, with its own map, its figures, its gaps and its teams. */

/** Draw the map as it stands into one picture, with the marks, names and scale that lie on it. */
function mapPicture() {
  const over = [".leaflet-bottom.leaflet-right", ".attribution"].map((name) =>
    byId("town").querySelector(name).cloneNode(true),
  );
  over[1].removeAttribute("id");
  const picture = el("div", { class: "unit-map" }, flatCanvas(), ...over);
  const { x, y } = L.DomUtil.getPosition(map.getPanes().mapPane);
  for (const pane of ["marker", "places"]) {
    const copy = map.getPane(pane === "marker" ? "markerPane" : pane).cloneNode(true);
    copy.style.transform = `translate(${x}px, ${y}px)`;
    picture.append(copy);
  }
  return picture;
}

/* where a team's name may stand around its anchor, in screen points */
const TEAM_NAME_PLACES = [
  [0, -13],
  [0, 14],
  [24, 0],
  [-24, 0],
  [22, -13],
  [-22, -13],
  [22, 14],
  [-22, 14],
  [0, -25],
  [0, 26],
  [22, -25],
  [-22, -25],
  [22, 26],
  [-22, 26],
];

/** Boxes of the posts and names that stand on the map, in its screen points. */
function boxesTaken() {
  const edge = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(".post-mark > svg, .post-name, .place")]
    .filter((node) => getComputedStyle(node).visibility === "visible")
    .map((node) => node.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => ({
      left: left - edge.left,
      right: right - edge.left,
      top: top - edge.top,
      bottom: bottom - edge.top,
    }));
}

/** Names of teams beside their anchors, as far as there is room, so that table and map belong together. */
function teamNames(teams, width, height) {
  const taken = boxesTaken();
  const clear = (a, b) => a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
  return teams.flatMap((team) => {
    const { x, y } = map.latLngToContainerPoint(team.anchor.at);
    const half = 3.2 * team.id.length + 3;
    for (const [dx, dy] of TEAM_NAME_PLACES) {
      const at = { x: x + Math.sign(dx) * (half + 6), y: y + dy };
      const box = { left: at.x - half, right: at.x + half, top: at.y - 6, bottom: at.y + 6 };
      const inside = box.left > 0 && box.top > 0 && box.right < width && box.bottom < height;
      if (!inside || !taken.every((other) => clear(box, other))) continue;
      taken.push(box);
      const name = nameOf(team.id);
      name.className = "team-name name";
      Object.assign(name.style, { left: `${at.x}px`, top: `${at.y}px` });
      return [name];
    }
    return [];
  });
}

/** Draw the map of one unit, in the size that it has on its sheet. */
function unitMap(unit) {
  const bounds = L.latLngBounds(
    [...unit.stations, ...unit.teams.flatMap((team) => team.round)].map((thing) => thing.at),
  );
  map.fitBounds(bounds, { padding: [26, 26], maxZoom: 16, animate: false });
  const { x, y } = map.getSize();
  const picture = mapPicture();
  picture.append(...teamNames(unit.teams, x, y));
  return picture;
}

/** Facts of one unit beside its map: stations by class, teams and officers, and who sends them. */
function unitFacts(unit) {
  const covered = unit.stations.filter((station) => lookOf(station) !== "uncovered").length;
  const list = el(
    "dl",
    {},
    fact(say("stations"), num(unit.stations.length)),
    fact(say("covered"), num(covered)),
    fact(say("uncovered"), num(unit.stations.length - covered)),
    fact(say("teams"), num(unit.teams.length)),
    fact(say("officers"), num(sum(unit.teams, (team) => team.officers))),
  );
  const signs = LOOK_ORDER.map((look) => [
    look,
    unit.stations.filter((station) => lookOf(station) === look).length,
  ])
    .filter(([, count]) => count)
    .map(([look, count]) =>
      el(
        "li",
        {},
        sign(look),
        el("span", { text: say(`look.${look}`) }),
        el("span", { class: "count", text: num(count) }),
      ),
    );
  const senders = [...groupBy(unit.teams, (team) => team.post)].map(([post, teams]) =>
    fact(
      post.name,
      say("sheet.sends", {
        teams: num(teams.length),
        officers: num(sum(teams, (team) => team.officers)),
      }),
    ),
  );
  return el(
    "div",
    { class: "unit-facts" },
    el(
      "ul",
      { class: "signs" },
      ...signs,
      el("li", {}, anchorSign(), el("span", { text: say("anchor_sign") })),
    ),
    list,
    senders.length ? el("dl", {}, ...senders) : null,
  );
}

function unitSheet(unit, picture) {
  const gaps = unit.stations.filter((station) => lookOf(station) === "uncovered");
  return paperSheet(
    unitName(unit),
    el("div", { class: "unit-head" }, picture, unitFacts(unit)),
    gaps.length ? uncoveredTable(uncoveredInOrder(gaps)) : null,
    unit.teams.length ? teamTable(unit.teams) : null,
  );
}

/** The sheets of all units that are shown. The map itself draws them, one after the other. */
function unitSheets() {
  const kept = { ...filter };
  const choice = chosen;
  const root = document.documentElement;
  const units = withFilter(() => PLAN.units).filter(
    (unit) => unit.stations.length || unit.teams.length,
  );
  chosen = null;
  drawChoice();
  root.classList.add("paper-unit");
  map.invalidateSize({ animate: false });
  const sheets = units.map((unit) => {
    filter.kecamatan = unit.stations.length && units.length > 1 ? unit.name : kept.kecamatan;
    filterMap();
    return unitSheet(unit, unitMap(unit));
  });
  Object.assign(filter, kept);
  filterMap();
  chosen = choice;
  drawChoice();
  root.classList.remove("paper-unit");
  map.invalidateSize({ animate: false });
  return sheets;
}
