/* The start of a page of two plans: the switch, both truth lines, and what the reader chooses. */

/** Say what either plan is worth, A above B. */
function pairLine(side) {
  const modelled = within(side, modelledKind);
  const { plan, verified, plan_id: id } = PAIR[side];
  const stem = plan.split("/").pop().replace(/\.gpkg$/, "");
  return el(
    "span",
    { class: `pair-line${mode === "both" || mode === side ? "" : " pair-aside"}` },
    el("strong", { text: side.toUpperCase() }),
    nameOf(stem, "em"),
    el(
      "span",
      {},
      within(side, truthLine),
      modelled
        ? el("span", { class: "truth-modelled", text: `; ${say(`modelled.${modelled}`)}` })
        : null,
    ),
    verified ? null : nameOf(unverifiedText(side), "b"),
    nameOf(id, "code"),
  );
}

const titleOf = () => {
  const [a, b] = ["a", "b"].map((side) => SIDES[side].facts.title);
  return a === b ? b : `${a} ↔ ${b}`;
};

/** Whose work the map is: rounds follow the roads of their plan, whichever roads are drawn. */
function pairCredit() {
  if (Object.values(SIDES).some(({ facts }) => !facts.roads_modelled)) return say("attribution_osm");
  return Object.keys(PLAN.basemap).length ? say("attribution_modelled") : "";
}

/** Compute something as if the plan rested on whatever is modelled in either. */
function eitherModelled(compute) {
  const { facts } = PLAN;
  const either = (name) => SIDES.a.facts[name] || SIDES.b.facts[name];
  PLAN.facts = {
    ...facts,
    roads_modelled: either("roads_modelled"),
    points_modelled: either("points_modelled"),
  };
  const found = compute();
  PLAN.facts = facts;
  return found;
}

const switchBox = el("div", { class: "pair-switch", role: "group" });
byId("town").append(switchBox);

function showSwitch() {
  switchBox.setAttribute("aria-label", say("compare.switch"));
  switchBox.replaceChildren(
    ...MODES.map((name) =>
      el("button", {
        type: "button",
        id: `show-${name}`,
        "aria-pressed": String(mode === name),
        text: name === "both" ? say("compare.both") : name.toUpperCase(),
        on: { click: () => showMode(name) },
      }),
    ),
  );
}

/** Add to the key what rings around stations mean. */
function showPairKey() {
  const counts = PAIR.counts.stations;
  const rows = Object.entries(CHANGES)
    .filter(([kind]) => counts[kind])
    .map(([kind, { mark, colour, dashed }]) => {
      const ring = svg("circle", { r: 1, fill: "#ffffff", stroke: colour, "stroke-width": 0.3 });
      if (dashed) ring.setAttribute("stroke-dasharray", "0.5 0.4");
      const glyph = svg("text", { y: 0.42, "font-size": 1.3, "text-anchor": "middle", fill: colour });
      glyph.textContent = mark;
      return el(
        "li",
        {},
        svg("svg", { viewBox: "-1.4 -1.4 2.8 2.8", width: 16, height: 16, class: "sign", "aria-hidden": "true" }, ring, glyph),
        el("span", { text: say(`compare.stations.${kind}`) }),
        el("span", { class: "count", text: num(counts[kind]) }),
      );
    });
  byId("key-body").prepend(
    el("h2", { text: say("compare.differences") }),
    el("ul", { class: "signs" }, ...rows),
    el("ul", { class: "switches" }, ...Object.keys(OWN_LAYERS).map(layerSwitch)),
    el("p", { class: "hint", text: say("compare.both_hint") }),
  );
}

/** Write what a page of two plans says in other words, after the page has written its own. */
function showPair() {
  document.title = `${titleOf()} · metro-gis`;
  byId("title").textContent = titleOf();
  byId("truth").replaceChildren(pairLine("a"), pairLine("b"));
  byId("foot-plan").textContent = ["a", "b"]
    .map((side) => `${side.toUpperCase()}: ${say("foot_plan", { plan: PAIR[side].plan_id })}`)
    .join(" · ");
  byId("attribution").textContent = pairCredit();
  eitherModelled(showModelled);
  showSwitch();
  if (mode === "both") {
    showPairKey();
    showPairOverview();
  }
}

/** Show plan A, plan B or both; a choice stays chosen where the thing is in that plan too. */
function showMode(name) {
  const asked = chosen;
  unchoose();
  mode = name;
  become(SIDES[mode]);
  index = null;
  // differences are listed whole
  filterOffered = mode !== "both";
  if (!filterOffered) Object.assign(filter, NO_FILTER);
  redrawMap();
  showTexts();
  if (filtering()) filterMap();
  showPair();
  const [a, b] = asked ? bothOf(asked) : [];
  const again = mode === "a" ? a : b || (mode === "both" ? a : null);
  if (again) choose(again);
  byId(`show-${mode}`).focus({ preventScroll: true });
}

/** Where both plans are shown, say and draw of a choice what it is in either. */
function showChoice() {
  if (mode !== "both" || !chosen) {
    shadowLayer.clearLayers();
    return;
  }
  if (byId("detail").querySelector(".pair-card")) return;
  byId("detail").querySelector(".detail-head").after(pairPart(chosen));
  const before = drawShadow(chosen);
  if (before.length) lookAt([...extentOf(chosen), ...before]);
}
new MutationObserver(showChoice).observe(byId("detail"), { childList: true });

// after the page's own words
byId("language").addEventListener("click", showPair);

/* paper: where both are shown, the sheets tell what differs */
function pairMarking() {
  const ids = ["a", "b"].map((side) => {
    const id = `${side.toUpperCase()}: ${say("foot_plan", { plan: PAIR[side].plan_id })}`;
    return nameOf(PAIR[side].verified ? id : `${id}, ${unverifiedText(side)}`);
  });
  const modelled = eitherModelled(modelledKind);
  return el(
    "div",
    { class: "marking" },
    el("strong", { text: say("secret") }),
    nameOf(titleOf()),
    ...ids,
    modelled ? el("strong", { text: say(`banner.${modelled}`) }) : null,
  );
}

function differenceSheet() {
  const rows = Object.entries(PAIR.counts).flatMap(([name, kinds]) =>
    Object.keys(kinds).flatMap((kind) =>
      DIFFERENCES[name]
        .filter((row) => row.kinds.includes(kind))
        .map((row) => [
          say(`compare.${name}.${kind}`),
          nameOf(row.thing.id),
          nameOf(row.thing.kind === "team" ? "" : row.thing.name),
          nameOf(briefText(kind, row)),
        ]),
    ),
  );
  if (!rows.length) return null;
  const above = el("div", {}, pairMarking(), el("h2", { text: say("compare.sheet") }));
  const heads = [say("compare.kind"), say("id"), "", ""];
  return el(
    "section",
    { class: "sheet-page" },
    table(heads, rows, { class: "team-table" }, above),
  );
}

function toPairPaper() {
  if (mode !== "both") return;
  const notes = noteBoxes().filter((node) => node);
  const figures = el("section", { class: "sheet-page" }, pairMarking(), ...notes, figureTable());
  byId("sheets").replaceChildren(...[figures, differenceSheet()].filter((node) => node));
}
window.addEventListener("beforeprint", toPairPaper);
window.matchMedia("print").addEventListener("change", ({ matches }) => matches && toPairPaper());

for (const thing of [...SIDES.a.stations, ...SIDES.a.posts]) HOME.extend(thing.at);
showMode("both");
document.activeElement.blur();
goHome(false);

/* what the page shows, for tests and for checkers, beside what any page tells */
window.metroGis = Object.freeze({
  ...window.metroGis,
  otherPlanId: SIDES.a.facts.plan_id,
  mode: () => mode,
  differences: PAIR.counts,
});
