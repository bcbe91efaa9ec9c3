/**
 * Places boxes of one size in layers, each below all that it comes after, and in an order that lets few lines cross
 * (Sugiyama's method: layers by the longest way, then barycentres). Lines over several layers bend around boxes.
 */

export interface Placed {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corner of each box. */
  readonly boxes: ReadonlyMap<string, Placed>;
  /** The points that each line goes through: from the bottom of a box to the top of another. */
  readonly lines: readonly {
    readonly from: string;
    readonly to: string;
    readonly points: readonly Placed[];
  }[];
  /** Most boxes in one layer. */
  readonly widest: number;
}

export interface LayoutInput {
  readonly nodes: readonly string[];
  /** Must not form a cycle. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly box: { readonly width: number; readonly height: number };
  readonly gap: { readonly x: number; readonly y: number };
}

/** A box, or the place where a line passes a layer. */
interface Cell {
  readonly key: string;
  readonly isBox: boolean;
  readonly layer: number;
  readonly above: Cell[];
  readonly below: Cell[];
  order: number;
  /** Its middle. */
  x: number;
}

const sweeps = 6;
/** Room that a passing line takes. */
const lineWidth = 16;

/** Pure. Runs in time with cells times sweeps. */
export function layOut({ nodes, edges, box, gap }: LayoutInput): Layout {
  const layerOf = layersOf(nodes, edges);
  const layers: Cell[][] = [];
  const add = (key: string, isBox: boolean, layer: number): Cell => {
    layers[layer] ??= [];
    const cells = layers[layer];
    const cell: Cell = { key, isBox, layer, above: [], below: [], order: cells.length, x: 0 };
    cells.push(cell);
    return cell;
  };
  const cells = new Map(nodes.map((key) => [key, add(key, true, layerOf.get(key) ?? 0)]));
  const chains = edges.flatMap(({ from, to }) => {
    const [first, last] = [cells.get(from), cells.get(to)];
    if (first === undefined || last === undefined) return [];
    const chain = [first];
    for (let layer = first.layer + 1; layer < last.layer; layer += 1)
      chain.push(add(`${from} ${to}`, false, layer));
    chain.push(last);
    for (const [index, cell] of chain.slice(1).entries()) {
      const before = chain[index] as Cell;
      before.below.push(cell);
      cell.above.push(before);
    }
    return [{ from, to, chain }];
  });
  untangle(layers);
  const width = spread(layers, box.width, gap.x);
  const yOf = (layer: number): number => layer * (box.height + gap.y);
  return {
    width,
    height: Math.max(0, layers.length * (box.height + gap.y) - gap.y),
    widest: Math.max(0, ...layers.map((all) => all.filter(({ isBox }) => isBox).length)),
    boxes: new Map([...cells].map(([key, { x, layer }]) => [key, { x: x - box.width / 2, y: yOf(layer) }])),
    lines: chains.map(({ from, to, chain }) => ({
      from,
      to,
      points: chain.flatMap(({ x, layer }, index) => [
        ...(index === 0 ? [] : [{ x, y: yOf(layer) }]),
        ...(index === chain.length - 1 ? [] : [{ x, y: yOf(layer) + box.height }]),
      ]),
    })),
  };
}

function layersOf(nodes: readonly string[], edges: LayoutInput["edges"]): ReadonlyMap<string, number> {
  const below = Map.groupBy(edges, ({ from }) => from);
  const waiting = new Map(nodes.map((key) => [key, 0]));
  for (const { to } of edges) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const layers = new Map(nodes.map((key) => [key, 0]));
  const ready = nodes.filter((key) => waiting.get(key) === 0);
  for (const key of ready) {
    for (const { to } of below.get(key) ?? []) {
      layers.set(to, Math.max(layers.get(to) ?? 0, (layers.get(key) ?? 0) + 1));
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return layers;
}

/** Orders each layer by the middle of its neighbours, down and up in turns. */
function untangle(layers: readonly Cell[][]): void {
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const middles = new Map(
        layer.map((cell) => {
          const near = isDown ? cell.above : cell.below;
          const sum = near.reduce((all, { order }) => all + order, 0);
          return [cell, near.length === 0 ? cell.order : sum / near.length];
        }),
      );
      layer.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0) || a.order - b.order);
      for (const [order, cell] of layer.entries()) cell.order = order;
    }
  }
}

/** Gives each cell its place: near the middle of its neighbours, never nearer to the next one than the gap. */
function spread(layers: readonly Cell[][], boxWidth: number, gap: number): number {
  const half = ({ isBox }: Cell): number => (isBox ? boxWidth : lineWidth) / 2;
  for (const layer of layers) pack(layer, () => 0, half, gap);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const wish = (cell: Cell): number => {
        const near = isDown ? cell.above : cell.below;
        return near.length === 0 ? cell.x : near.reduce((sum, { x }) => sum + x, 0) / near.length;
      };
      pack(layer, wish, half, gap);
    }
  }
  const all = layers.flat();
  const left = Math.min(...all.map((cell) => cell.x - half(cell)));
  const right = Math.max(...all.map((cell) => cell.x + half(cell)));
  for (const cell of all) cell.x -= left;
  return all.length === 0 ? 0 : right - left;
}

/** As near to the wishes as the order lets: runs of cells that push each other share their distance. */
function pack(
  layer: readonly Cell[],
  wish: (cell: Cell) => number,
  half: (cell: Cell) => number,
  gap: number,
): void {
  interface Run {
    readonly cells: { cell: Cell; at: number }[];
    /** Sum of the places that the cells wish the run to begin at. */
    sum: number;
    width: number;
  }
  const runs: Run[] = [];
  for (const cell of layer) {
    let run: Run = {
      cells: [{ cell, at: half(cell) }],
      sum: wish(cell) - half(cell),
      width: 2 * half(cell) + gap,
    };
    for (let last = runs.at(-1); last !== undefined; last = runs.at(-1)) {
      if (last.sum / last.cells.length + last.width <= run.sum / run.cells.length) break;
      runs.pop();
      const { width } = last;
      run = {
        cells: [...last.cells, ...run.cells.map((one) => ({ cell: one.cell, at: one.at + width }))],
        sum: last.sum + run.sum - width * run.cells.length,
        width: width + run.width,
      };
    }
    runs.push(run);
  }
  for (const { cells, sum } of runs) for (const { cell, at } of cells) cell.x = sum / cells.length + at;
}
