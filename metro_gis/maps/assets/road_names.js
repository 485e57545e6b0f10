/* Street names: each along the straightest stretches of its street, upright, where it covers neither
   a station nor another name. They are the least of all names and give way to every other. */

/* size of the letters in screen points, and the zoom from which a class of streets is named */
const STREET_LOOKS = {
  motorway: { size: 12, from: 12 },
  trunk: { size: 12, from: 12.5 },
  primary: { size: 12, from: 12.75 },
  secondary: { size: 11.5, from: 13.25 },
  tertiary: { size: 11, from: 14 },
  unknown: { size: 11, from: 14 },
};
const AGAIN_PX = 380; // from one name to the next of the same street
const BEND_PX = 5; // farthest that a street may leave the line of its name, to either side
const STEP_PX = 24; // between two places that are tried
const CELL_PX = 5; // of the grid that keeps what is taken

const streets = RAW.streets.name.map((name, index) => ({
  name,
  look: STREET_LOOKS[RAW.streets.class[index]] || STREET_LOOKS.unknown,
  lines: readLines(RAW.streets.lines[index]).map((points) => ({
    points,
    bounds: L.latLngBounds(points),
  })),
}));
let named = []; // names that have room: { text, size, x, y, angle, width }, from the sheet's corner

const pen = document.createElement("canvas").getContext("2d");
const streetFont = (size) => `500 ${size}px ${getComputedStyle(document.body).fontFamily}`;

/** How long a name is in screen points. */
function widthOf(street) {
  if (!street.width) {
    pen.font = streetFont(street.look.size);
    street.width = pen.measureText(street.name).width + 8;
  }
  return street.width;
}

/** A grid over the map that remembers where something stands. */
class Taken {
  constructor(size) {
    this.columns = Math.ceil(size.x / CELL_PX);
    this.rows = Math.ceil(size.y / CELL_PX);
    this.cells = new Uint8Array(this.columns * this.rows);
  }

  /** Visit the cells of a box until a visit says no; what lies outside the map is no cell. */
  every({ left, right, top, bottom }, visit) {
    const first = Math.max(0, Math.floor(left / CELL_PX));
    const last = Math.min(this.columns - 1, Math.floor(right / CELL_PX));
    const end = Math.min(this.rows - 1, Math.floor(bottom / CELL_PX));
    for (let row = Math.max(0, Math.floor(top / CELL_PX)); row <= end; row += 1)
      for (let column = first; column <= last; column += 1)
        if (!visit(row * this.columns + column)) return false;
    return true;
  }

  take(box) {
    this.every(box, (cell) => (this.cells[cell] = 1));
  }

  isFree(box) {
    return this.every(box, (cell) => !this.cells[cell]);
  }
}

/** Find the stretches of a line, as points of the screen, that are straight over a length. */
function stretchesOf(points, width) {
  const along = [0];
  for (let at = 1; at < points.length; at += 1)
    along.push(along[at - 1] + points[at].distanceTo(points[at - 1]));
  const total = along[along.length - 1];
  const room = total - width;
  if (!(room >= 0)) return [];
  const at = (place, from) => {
    let next = from;
    while (next < along.length - 1 && along[next] < place) next += 1;
    const share = (place - along[next - 1]) / (along[next] - along[next - 1] || 1);
    const [a, b] = [points[next - 1], points[next]];
    return { next, x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
  };
  const found = [];
  const steps = Math.max(1, Math.floor(room / STEP_PX));
  for (let step = 0, from = 1; step <= steps; step += 1) {
    const a = at((room * step) / steps, from);
    from = a.next;
    const b = at((room * step) / steps + width, from);
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = Math.hypot(dx, dy);
    if (length < width * 0.97) continue;
    let [least, most] = [0, 0];
    for (let corner = a.next; corner < b.next; corner += 1) {
      const aside = ((points[corner].x - a.x) * dy - (points[corner].y - a.y) * dx) / length;
      [least, most] = [Math.min(least, aside), Math.max(most, aside)];
    }
    const bend = (most - least) / 2;
    if (bend > BEND_PX) continue;
    // half of the bend to either side
    const shift = (least + most) / 2 / length;
    // upright: never on its head, and up the page where the street runs straight up
    const turned = dx < 0 || (dx === 0 && dy > 0);
    found.push({
      x: (a.x + b.x) / 2 + dy * shift,
      y: (a.y + b.y) / 2 - dx * shift,
      angle: turned ? Math.atan2(-dy, -dx) : Math.atan2(dy, dx),
      // of stretches as straight, the one nearest to the middle
      worth: bend + (2 * Math.abs(step - steps / 2)) / steps,
    });
  }
  return found.sort((a, b) => a.worth - b.worth);
}

/** Boxes that together cover a slanted name. */
function boxesOf({ x, y, angle }, width, height) {
  const count = Math.max(1, Math.round(width / height));
  const [dx, dy] = [Math.cos(angle) * width, Math.sin(angle) * width];
  return Array.from({ length: count }, (_, at) => {
    const share = (at + 0.5) / count - 0.5;
    return boxAround({ x: x + dx * share, y: y + dy * share }, height, height);
  });
}

/** Whether a box lies on the map wholly. */
const isWithin = (box, size) =>
  box.left >= 0 && box.top >= 0 && box.right <= size.x && box.bottom <= size.y;

/** Give names to the streets in view, the greater ones first. */
function nameStreets({ taken, dots, size }) {
  named = [];
  const zoom = map.getZoom();
  const grid = new Taken(size);
  taken.forEach((box) => grid.take(box));
  const radius = markerRadius(zoom) * 1.3;
  if (SHOWN.has("stations"))
    dots.forEach((dot) => grid.take(boxAround(dot, 2 * radius, 2 * radius)));
  const { x: left, y: top } = map.getContainer().getBoundingClientRect();
  for (const id of ["key", "attribution"]) {
    const over = byId(id).getBoundingClientRect();
    const box = { left: over.left - left, right: over.right - left };
    grid.take({ ...box, top: over.top - top, bottom: over.bottom - top });
  }
  const view = map.getBounds();
  for (const street of SHOWN.has("streets") ? streets : []) {
    if (zoom < street.look.from) continue;
    const [width, height] = [widthOf(street), street.look.size + 2];
    const own = [];
    for (const { points, bounds } of street.lines) {
      if (!view.intersects(bounds)) continue;
      const drawn = points.map((point) => map.latLngToContainerPoint(point));
      for (const stretch of stretchesOf(drawn, width)) {
        const near = ({ x, y }) => Math.hypot(x - stretch.x, y - stretch.y) < AGAIN_PX;
        if (own.some(near)) continue;
        const boxes = boxesOf(stretch, width, height);
        if (!boxes.every((box) => isWithin(box, size) && grid.isFree(box))) continue;
        boxes.forEach((box) => grid.take(box));
        own.push(stretch);
      }
    }
    for (const { x, y, angle } of own)
      named.push({ text: street.name, size: street.look.size, x, y, angle, width });
  }
  const corner = map.containerPointToLayerPoint([0, 0]);
  for (const one of named) one.at = corner.add([one.x, one.y]);
  nameSheet.redraw();
}

/* all names at once are one thing to the map: drawn when it is drawn, carried along when it moves */
const NameSheet = L.CircleMarker.extend({
  _updateBounds() {
    this._pxBounds = this._renderer._bounds;
  },
  _updatePath() {
    const context = this._renderer._ctx;
    if (!this._renderer._drawing) return;
    for (const name of named) writeName(context, name);
  },
});

function writeName(context, { text, size, at, angle }) {
  context.save();
  context.translate(at.x, at.y);
  context.rotate(angle);
  context.font = streetFont(size);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = "rgb(255 255 255 / 88%)";
  context.strokeText(text, 0, 0);
  context.fillStyle = "#4a4436";
  context.fillText(text, 0, 0);
  context.restore();
}

canvases.names = canvasOf("names");
const nameSheet = new NameSheet(map.getCenter(), {
  pane: "names",
  renderer: canvases.names,
  interactive: false,
});
layers.streets = L.layerGroup([nameSheet]);
if (streets.length) {
  LESSER.push(nameStreets);
  addGroundLayer("streets", "places");
}
