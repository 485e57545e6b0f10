/* The filter's bar in the panel: a choice of kecamatan, class and post, and what it leaves. */

let filterOffered = true; // a page of two plans offers none while it shows both

/** What can be chosen, with the text of each; where there are not two, there is nothing to choose. */
function filterChoices() {
  const names = [...new Set(PLAN.stations.map((station) => station.kecamatan))];
  const choices = {
    kecamatan: names
      .map((name) => [name, placeName(name)])
      .sort(([, a], [, b]) => a.localeCompare(b, LOCALES[language], { numeric: true })),
    risk: RISK_CLASSES.filter((risk) => PLAN.stations.some((station) => station.risk === risk)).map(
      (risk) => [risk, say(`look.${risk}`)],
    ),
    post: PLAN.posts.map((post) => [post.id, post.name]),
  };
  return Object.entries(choices).filter(([, rows]) => rows.length > 1);
}

/* written out, so that every text asked for stands in the script */
const filterLabel = (name) =>
  ({ kecamatan: say("kecamatan"), risk: say("risk_class"), post: say("post") })[name];

function filterSelect(name, rows) {
  const select = el(
    "select",
    { id: `filter-${name}` },
    el("option", { value: "", text: say("all") }),
    ...rows.map(([, text], place) => el("option", { value: String(place), text })),
  );
  const at = rows.findIndex(([value]) => value === filter[name]);
  if (at < 0) filter[name] = null; // what was chosen is not in this plan
  select.value = at < 0 ? "" : String(at);
  select.addEventListener("change", () =>
    setFilter({ [name]: select.value === "" ? null : rows[Number(select.value)][0] }),
  );
  const label = el("label", { for: select.id, text: filterLabel(name) });
  return el("div", { class: "choice" }, label, select);
}

function uncoveredSwitch() {
  const box = el("input", { type: "checkbox", id: "filter-uncovered" });
  box.checked = filter.uncovered;
  box.addEventListener("change", () => setFilter({ uncovered: box.checked }));
  return el("label", { class: "only", for: box.id }, box, say("filter.only_uncovered"));
}

/** Build the bar in the reader's language, around what is chosen. */
function showFilterBar() {
  const selects = filterChoices().map(([name, rows]) => filterSelect(name, rows));
  const gaps = PLAN.uncovered.length > 0 && PLAN.teams.length > 0;
  if (!gaps) filter.uncovered = false;
  byId("filter").hidden = !filterOffered || !(selects.length || gaps);
  byId("filter-choices").replaceChildren(...selects, ...(gaps ? [uncoveredSwitch()] : []));
  showFilterLine();
}

const filterLine = () =>
  say("filter.shown", {
    shown: num(PLAN.stations.filter(passes).length),
    total: num(PLAN.stations.length),
  });

/** Name what is chosen: "Metro Utara, Elevated". */
function filterNames() {
  const named = filterChoices()
    .flatMap(([name, rows]) => rows.filter(([value]) => value === filter[name]))
    .map(([, text]) => text);
  return [...named, ...(filter.uncovered ? [say("filter.only_uncovered")] : [])].join(", ");
}

/** Say what is left, on the screen and at the head of what is printed. */
function showFilterLine() {
  byId("filter-line").hidden = byId("filter-paper").hidden = !filtering();
  if (!filtering()) return;
  byId("filter-line").replaceChildren(
    el("span", { text: filterLine() }),
    el("button", {
      type: "button",
      id: "filter-clear",
      class: "link",
      text: say("filter.clear"),
      on: { click: clearFilter },
    }),
  );
  byId("filter-paper").replaceChildren(
    nameOf(filterNames(), "strong"),
    el("span", { text: filterLine() }),
  );
}

/** Draw the map anew for what passes. */
function filterMap() {
  renewLayer("beats", beatLayer());
  renewLayer("rounds", roundLayer());
  for (const mark of marks.values()) mark.redraw();
  keepMarks(layers.posts, (mark) => passes(mark.options.post));
  keepMarks(
    layers.places,
    ({ options }) => filter.kecamatan === null || options.kecamatan === filter.kecamatan,
  );
  placeLabels();
}

/** Show those marks of a layer that are wanted; the layer remembers all of them. */
function keepMarks(layer, wanted) {
  layer.everyMark = layer.everyMark || layer.getLayers();
  for (const mark of layer.everyMark) {
    if (wanted(mark) !== layer.hasLayer(mark))
      if (wanted(mark)) layer.addLayer(mark);
      else layer.removeLayer(mark);
  }
}

/** Choose anew: map, key, lists and counts follow, and one area is brought near. */
function setFilter(change) {
  Object.assign(filter, change);
  const focused = document.activeElement;
  if (chosen) unchoose();
  showFilterLine();
  filterMap();
  withFilter(showKey);
  showOverview();
  find(byId("query").value);
  if (focused.isConnected) focused.focus({ preventScroll: true });
  if ("kecamatan" in change || "post" in change) goToFiltered();
  byId("said").textContent = filtering() ? filterLine() : say("filter.cleared");
}

/** Bring what passes into view; everything, where no kecamatan and no post is chosen. */
function goToFiltered(animate) {
  const shown = PLAN.stations.filter(passes);
  const near = filter.kecamatan !== null || filter.post !== null;
  if (near && shown.length) fit(L.latLngBounds(shown.map((station) => station.at)), 40, animate);
  else goHome(animate);
}

function clearFilter() {
  setFilter(NO_FILTER);
  showFilterBar();
  const first = byId("filter-choices").querySelector("select, input");
  if (first) first.focus({ preventScroll: true });
}
