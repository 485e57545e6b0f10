/* Names on the map: the important ones first, each where it covers no other, or not at all. */

const labels = [];

/** Register a name: its node, its place, its kind, its rank (0 first) and the layer it belongs to. */
function addLabel(node, at, kind, rank, layer) {
  labels.push({ node, at, kind, rank, layer, width: 0, height: 0 });
  labels.sort((a, b) => a.rank - b.rank);
  return node;
}

/* what takes the room that names leave: called with { taken, dots, size } in screen points */
const LESSER = [];

const RANK = { chief: 0, kecamatan: 1, post: 2, kelurahan: 3 };
const around = (aside, heights) =>
  heights.flatMap((dy) => [
    [0, dy],
    [aside, dy],
    [-aside, dy],
  ]);

/* where a name may stand, in screen points from its place, the plainest first; `side` is half its width */
const OFFSETS = {
  post: (side) => [
    [0, 27],
    [side + 16, 0],
    [-side - 16, 0],
    [0, -27],
  ],
  kecamatan: (side) => around(side * 0.5, [0, -16, 16, -32, 32, -46, 46]),
  kelurahan: (side) => around(side * 0.4, [0, -13, 13, -24, 24]),
};

/** Ranks that have room at a zoom: far out only the great names, close by only the small ones. */
function ranksAt(zoom) {
  if (zoom < 11.75) return [RANK.chief, RANK.kecamatan];
  if (zoom < 14.25) return [RANK.chief, RANK.kecamatan, RANK.post, RANK.kelurahan];
  return [RANK.chief, RANK.post, RANK.kelurahan];
}

const overlaps = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const boxAround = ({ x, y }, width, height) => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});

/** Among the places where a name covers no other name, find the one where it covers fewest stations.
    At the map's edge a name moves inwards, but stays beside its place; else it has no room. */
function roomFor(label, point, size, taken, dots) {
  const { width, height } = label;
  if (width > size.x || height > size.y) return null;
  let best = null;
  for (const [aside, down] of OFFSETS[label.kind](width / 2)) {
    const x = Math.min(size.x - width / 2, Math.max(width / 2, point.x + aside));
    const y = point.y + down;
    const [dx, dy] = [x - point.x, down];
    const box = boxAround({ x, y }, width, height);
    if (box.top < 0 || box.bottom > size.y || Math.abs(dx - aside) > width / 2) continue;
    if (taken.some((other) => overlaps(box, other))) continue;
    const covered = dots.filter(
      (dot) => dot.x > box.left && dot.x < box.right && dot.y > box.top && dot.y < box.bottom,
    ).length;
    if (!best || covered < best.covered) best = { dx, dy, box, covered };
    if (!covered) break;
  }
  return best;
}

/** Find room for every name, without moving any mark. */
function placeLabels() {
  const ranks = ranksAt(map.getZoom());
  const shown = labels.filter((label) => SHOWN.has(label.layer) && label.node.isConnected);
  // read all sizes before anything moves: the browser then lays the page out once
  for (const label of shown) {
    if (label.width) continue;
    label.width = label.node.offsetWidth + 6;
    label.height = label.node.offsetHeight + 2;
  }
  const taken = SHOWN.has("posts")
    ? PLAN.posts.map((post) => boxAround(map.latLngToContainerPoint(post.at), 26, 28))
    : [];
  const view = map.getBounds();
  const size = map.getSize();
  const dots = PLAN.stations
    .filter((station) => view.contains(station.at))
    .map((station) => map.latLngToContainerPoint(station.at));
  for (const label of shown) {
    const wanted = ranks.includes(label.rank) && view.contains(label.at);
    const room = wanted ? roomFor(label, map.latLngToContainerPoint(label.at), size, taken, dots) : null;
    label.node.style.visibility = room ? "visible" : "hidden";
    if (!room) continue;
    label.node.style.left = `${room.dx}px`;
    label.node.style.top = `${room.dy}px`;
    taken.push(room.box);
  }
  for (const place of LESSER) place({ taken, dots, size });
}
