/* Reads every place of a page that shows a text, and names the texts that are not shown there
   letter by letter. `told` holds them as JSON: a half character would not survive the way here. */
(told) => {
  const { texts, joined, words } = JSON.parse(told);
  const wrong = [];
  const say = (where, place) => wrong.push(`${where}: ${place}`);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const told_by = (nodes) => new Set(nodes.map((node) => node.textContent));
  const each = (where, nodes, wanted = texts) => {
    const shown = told_by(nodes);
    wanted.forEach((text, place) => shown.has(text) || say(where, place));
  };
  const same = (where, shown, wanted, place = 0) => shown === wanted || say(where, place);
  const byId = (id) => document.getElementById(id);

  same("title", byId("title").textContent, joined);
  same("document title", document.querySelector("title").textContent, `${joined} · metro-gis`);
  same("foot", byId("foot-plan").textContent, words.plan);
  same("foot versions", byId("foot-versions").textContent, words.versions);

  each("names of posts on the map", all(".post-name"));
  each("names of places on the map", all(".place-kecamatan"));
  each("names of wards on the map", all(".place-kelurahan"));
  const spoken = new Set(all(".post-icon").map((node) => node.getAttribute("aria-label")));
  texts.forEach((text, place) => spoken.has(text) || say("spoken names of posts", place));

  for (;;) {
    const closed = all("#overview details:not([open]) > summary");
    if (!closed.length) break;
    for (const summary of closed) summary.click();
  }
  each("kecamatan of the list", all("#stations > details > summary .name"));
  each("kelurahan of the list", all("#stations > details > details > summary .name"));
  each("names of the list", all("#stations .link > .name:not(small)"));
  each("ids of the list", all("#stations .link > small.name"));
  each("uncovered names", all("#overview .lacking .link > .name"));
  each("teams of the list", all("#overview section:not(#stations):not(.lacking) .rows .link > .name"));
  each("tables", all("#overview table .link > .name"));
  each("sources", all("#overview dl .name"), [joined]);
  each("versions", all("#overview dl dt"));
  each("versions", all("#overview dl dd .name"));

  // names on the map have been read; placing them anew for every choice would take most of the time
  for (const layer of ["posts", "places"]) byId(`layer-${layer}`).click();
  const detail = byId("detail");
  const shown = (selector, root = detail) => told_by(all(selector, root));
  const marks = all("#stations .rows button");
  for (const button of marks) {
    const [name, id] = all(".name", button).map((node) => node.textContent);
    const place = texts.indexOf(name);
    if (id === `${name} 1`) continue; // a second stop of the same team
    button.click();
    same("detail", detail.dataset.kind, "station", place);
    same("detail", detail.dataset.id, id, place);
    same("detail heading", byId("detail-heading").textContent, name, place);
    same("what is said", byId("said").textContent, words.shown[place], place);
    const facts = shown("dl .name", detail);
    for (const text of [id, name]) facts.has(text) || say("detail facts", place);
    const card = detail.querySelector(".team-card");
    if (card) {
      same("team heading", card.querySelector(".team-heading .name").textContent, words.team[place], place);
      same("post of the team", card.querySelector("dl .link .name").textContent, name, place);
      const round = shown("ol.round .name", card);
      (round.size === 1 && round.has(name)) || say("round", place);
    } else {
      const reason = detail.querySelector(".lacking").textContent;
      words.reasons[place] === null || reason.includes(words.reasons[place]) || say("reason", place);
    }
  }
  for (const button of all("#overview table .link")) {
    const name = button.textContent;
    button.click();
    if (detail.dataset.id !== name) continue; // a unit is only looked at
    const place = texts.indexOf(name);
    same("post heading", byId("detail-heading").textContent, name, place);
    same("kind of post", detail.querySelector("dl .name").textContent, name, place);
    same("teams of post", detail.querySelector(".rows .link .name").textContent, name, place);
  }
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));

  const query = byId("query");
  texts.forEach((text, place) => {
    // what is typed into a line holds no line break
    query.value = text.replace(/[\r\n]+/g, " ");
    query.dispatchEvent(new Event("input"));
    const hits = all("#found .link > .name");
    hits.some((hit) => hit.textContent === text) || say("search", place);
  });
  query.value = "";
  query.dispatchEvent(new Event("input"));

  const tips = [];
  window.map_metro_gis.eachLayer((layer) => layer.options?.station && tips.push(layer));
  for (const mark of tips) {
    const { name } = mark.options.station;
    mark.fire("mouseover", { latlng: mark.getLatLng() }, true);
    const tip = document.querySelector(".leaflet-tooltip strong");
    same("tooltip", tip && tip.textContent, name, texts.indexOf(name));
    mark.fire("mouseout", {}, true);
  }
  same("tooltips", tips.length, marks.length);

  window.dispatchEvent(new Event("beforeprint"));
  each("printed teams", all("#sheets table.team-table th > .name"));
  each("printed names", all("#sheets table.team-table td .name"));
  each("printed title", all("#sheets .marking .name"), [joined, words.plan]);
  window.dispatchEvent(new Event("afterprint"));
  return wrong;
}
