/** A chart as a Vega-Lite specification (its data inline); the report draws it in the house's theme. */
export interface Chart {
  readonly kind: 'chart';
  /** File name without extension, e.g. `fig2`. */
  readonly name: string;
  readonly title: string;
  /** Says what is shown, of which suite and models, and what the paper's ghost marks are. */
  readonly caption: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Pictures of a benchmark side by side, each as the model saw it, with what is laid over it. */
export interface Sheet {
  readonly kind: 'sheet';
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** Pictures in a row. */
  readonly columns: number;
  readonly panels: readonly Panel[];
}

export interface Panel {
  /** The benchmark's name and the image's id in it. */
  readonly benchmark: string;
  readonly image: string;
  /** What of it the model's square shows, in its pixels: left, top, width, height; all of it unless given. */
  readonly view?: readonly [number, number, number, number];
  /** Lines above the picture. */
  readonly heading: readonly string[];
  /** An answer below the picture; right ones are drawn green, wrong ones red. */
  readonly answer?: { readonly text: string; readonly right: boolean };
  /** A square grid over the picture, row by row, each value in [0, 1]; resized bilinearly. */
  readonly heat?: readonly number[];
  /** Cells of that grid to outline. */
  readonly cells?: readonly number[];
}

export type Figure = Chart | Sheet;
