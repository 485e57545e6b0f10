/* The same for a page of two plans: what it shows beside the pages of each of them. */
async (told) => {
  const { texts, ids, joined, unverified, inputs, rungs } = JSON.parse(told);
  const wrong = [];
  const say = (where, place) => wrong.push(`${where}: ${place}`);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const each = (where, nodes, wanted = texts) => {
    const shown = new Set(nodes.map((node) => node.textContent));
    wanted.forEach((text, place) => shown.has(text) || say(where, place));
  };
  const byId = (id) => document.getElementById(id);

  each("title", [byId("title")], [joined]);
  each("document title", all("title"), [`${joined} · metro-gis`]);
  each("truth", all("#truth b"), [unverified]);

  for (const mode of ["a", "b", "both"]) {
    byId(`show-${mode}`).click();
    each(`names on the map in ${mode}`, all(".place-kecamatan"), ids);
    each(`titles in ${mode}`, [byId("title")], [joined]);
  }
  // placing names anew for every choice would take most of the time
  for (const layer of ["posts", "places"]) byId(`layer-${layer}`).click();
  for (;;) {
    const closed = all("#overview details:not([open]) > summary");
    if (!closed.length) break;
    for (const summary of closed) summary.click();
  }
  each("inputs", all("#overview dl dt"), inputs);
  each("rungs", all("#overview table .name"), rungs);
  const rows = all(".differences .rows button");
  const called = rows.map((row) => row.querySelector(".name"));
  each("stations that differ", called);
  each("teams that differ", called, ids);
  for (const row of rows) {
    const name = row.querySelector(".name").textContent;
    row.click();
    await null; // the page adds both sides when it has heard of the choice
    const heading = byId("detail-heading").textContent;
    heading.endsWith(name) || say("detail heading", texts.indexOf(name));
    const sides = all(".pair-card td .name").map((node) => node.textContent);
    byId("detail").dataset.kind === "post" ||
      sides.some((side) => ids.includes(side)) ||
      say("sides", texts.indexOf(name));
  }
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  byId("language").click();
  byId("language").click();
  each("document title", all("title"), [`${joined} · metro-gis`]);

  window.dispatchEvent(new Event("beforeprint"));
  each("printed differences", all("#sheets table.team-table .name"));
  each("printed title", all("#sheets .marking .name"), [joined]);
  window.dispatchEvent(new Event("afterprint"));
  return wrong;
}
