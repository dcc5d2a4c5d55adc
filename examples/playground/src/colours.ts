// Colour scales. Both are ordered in lightness as well as in hue, so that they can be read without telling hues apart.

export type Scheme = 'light' | 'dark';
type Rgb = readonly [number, number, number];

const ranks: Rgb[] = [
  [68, 58, 131],
  [49, 104, 142],
  [33, 145, 140],
  [90, 190, 98],
  [240, 200, 40],
];
// From what is near zero to what is far from it: away from the colour of the page, light or dark.
const below: Record<Scheme, Rgb[]> = {
  light: [
    [247, 247, 244],
    [146, 197, 222],
    [33, 102, 172],
    [5, 48, 97],
  ],
  dark: [
    [24, 26, 32],
    [22, 66, 120],
    [58, 139, 205],
    [190, 226, 250],
  ],
};
const above: Record<Scheme, Rgb[]> = {
  light: [
    [247, 247, 244],
    [244, 165, 130],
    [178, 24, 43],
    [103, 0, 31],
  ],
  dark: [
    [24, 26, 32],
    [120, 36, 32],
    [222, 96, 70],
    [255, 222, 196],
  ],
};

function mixed(stops: Rgb[], at: number): Rgb {
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(place));
  const t = place - i;
  const [a, b] = [stops[i]!, stops[i + 1]!];
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}

/** From 0 (dark violet) to 1 (yellow). */
export function rankColour(share: number): string {
  const [r, g, b] = mixed(ranks, share);
  return `rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})`;
}

/** From -1 (blue) over 0 (the page) to 1 (red). */
export const fieldColour = (value: number, scheme: Scheme): Rgb =>
  mixed((value < 0 ? below : above)[scheme], Math.abs(value));

// Okabe and Ito's, which differ for all kinds of sight, without black.
const groups = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#d55e00',
  '#56b4e9',
  '#b3a100',
  '#7f5fb0',
];

/** Of a group by its place among the groups that are shown; those after the first eight share one. */
export const groupColour = (place: number): string => groups[place] ?? '#999999';
