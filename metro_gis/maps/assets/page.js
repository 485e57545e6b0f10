/* The start: fill the page with words, listen to the reader, and tell tests what is shown. */

function showModelled() {
  const kind = modelledKind();
  byId("modelled").hidden = kind === null;
  if (!kind) return;
  byId("modelled").replaceChildren(
    el("strong", { text: say(`banner.${kind}`) }),
    " ",
    el("span", { text: say("banner.rest") }),
  );
}

/** Write every text of the page in the current language. */
function showTexts() {
  document.documentElement.lang = language;
  document.title = `${PLAN.facts.title} · metro-gis`;
  for (const node of document.querySelectorAll("[data-text]"))
    node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", say(node.dataset.label));
  const other = language === "id" ? "en" : "id";
  byId("language").replaceChildren(
    el("span", { class: "wide", text: RAW.texts[other].language }),
    el("span", { class: "narrow", text: other.toUpperCase() }),
  );
  byId("language").lang = other;
  byId("title").textContent = PLAN.facts.title;
  const modelled = modelledKind();
  byId("truth").replaceChildren(
    truthLine(),
    modelled
      ? el("span", { class: "truth-modelled", text: `; ${say(`modelled.${modelled}`)}` })
      : "",
  );
  byId("query").placeholder = say("search_hint");
  byId("foot-plan").textContent = planText();
  byId("foot-versions").textContent = Object.entries(PLAN.facts.versions)
    .map((pair) => pair.join(" "))
    .join(", ");
  map.getContainer().setAttribute("aria-label", say("map_hint"));
  map.getContainer().setAttribute("role", "application");
  showAudience();
  showModelled();
  showSuperseded();
  showFilterBar();
  withFilter(showKey);
  showControls();
  showTiles();
  showOverview();
  openSheet(byId("panel").classList.contains("open"));
  if (chosen) showDetail(chosen, false);
  else find(byId("query").value);
}

byId("language").addEventListener("click", () => {
  language = language === "id" ? "en" : "id";
  showTexts();
});
byId("print").addEventListener("click", () => window.print());
byId("query").addEventListener("input", () => {
  openSheet(true);
  find(byId("query").value);
});
byId("query").addEventListener("focus", () => {
  if (byId("query").value.trim()) find(byId("query").value);
});
byId("sheet").addEventListener("click", () => openSheet(!byId("panel").classList.contains("open")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (chosen) unchoose();
  else if (byId("query").value) {
    byId("query").value = "";
    find("");
  }
});
new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(byId("town"));

// on a small screen the key would hide the town
if (window.matchMedia("(max-width: 1000px)").matches) byId("key").open = false;

showTexts();
goHome(false);

/* Read-only view for tests and for whoever wants to check the page against the plan:
   counts, what is chosen, and where stations and street names lie in the map's element (screen
   points). */
window.metroGis = Object.freeze({
  audience: audience().kind,
  streetNames: () => named.map(({ text, x, y, angle, width }) => ({ text, x, y, angle, width })),
  planId: PLAN.facts.plan_id,
  stations: PLAN.stations.length,
  covered: forPublic() ? null : PLAN.stations.length - PLAN.uncovered.length,
  uncovered: forPublic() ? null : PLAN.uncovered.length,
  teams: PLAN.teams.length,
  posts: PLAN.posts.length,
  drawn: () => marks.size,
  shown: () => PLAN.stations.filter(passes).length,
  chosen: () => (chosen ? { kind: chosen.kind, id: chosen.id } : null),
  pointOf: (id) => {
    const { x, y } = map.latLngToContainerPoint(
      PLAN.stations.find((station) => station.id === id).at,
    );
    return { x, y };
  },
});
document.documentElement.dataset.ready = "true";
