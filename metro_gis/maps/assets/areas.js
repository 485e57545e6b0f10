/* Borders of kecamatan and kelurahan, under the beats. */

const AREA_LOOKS = {
  kecamatan: { color: "#4b3a63", weight: 2.2, opacity: 0.75, dashArray: "9 6" },
  kelurahan: { color: "#6b5b7b", weight: 1.1, opacity: 0.75 },
};

canvases.areas = canvasOf("areas");
for (const [level, look] of Object.entries(AREA_LOOKS)) {
  if (!RAW.areas[level]) continue;
  layers[level] = L.polyline(readLines(RAW.areas[level]), {
    ...look,
    pane: "areas",
    renderer: canvases.areas,
    interactive: false,
    smoothFactor: 0.7,
  });
  addGroundLayer(level, "main");
}
