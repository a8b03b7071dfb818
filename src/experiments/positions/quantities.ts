import {
  average,
  type Estimate,
  lists,
  meanAt,
  meanOf,
  type PositionList,
  type PositionResult,
  ratioAt,
  shapeOf,
} from './estimates.js';

/** A quantity of a layer: `from` the layer where it begins (0 are the input embeddings). */
interface Quantity {
  readonly label: string;
  readonly from: 0 | 1;
  readonly of: (result: PositionResult, layer: number) => Estimate;
  /** The measure that a result must have. */
  readonly needs: PositionList;
}

const hiddenOf = (kind: 'Bos' | 'System' | 'UserText' | 'Vision', label: string): Quantity => ({
  label: `hidden norm, ${label}`,
  from: 0,
  of: (result, layer) => meanAt(result, `hidden${kind}`, layer),
  needs: `hidden${kind}`,
});

const layerMean = (name: PositionList, label: string): Quantity => ({
  label,
  from: 1,
  of: (result, layer) => meanAt(result, name, layer - 1),
  needs: name,
});

const layerRatio = (name: 'QueryNorm' | 'KeyNorm', label: string): Quantity => ({
  label,
  from: 1,
  of: (result, layer) => ratioAt(result, `vision${name}`, `text${name}`, layer - 1),
  needs: `vision${name}`,
});

/** The mean over a layer's heads. */
const headMean = (name: PositionList, label: string, by = (value: number) => value): Quantity => ({
  label,
  from: 1,
  of: (result, layer) => {
    const { heads } = shapeOf(result);
    const ofLayer = (values: readonly number[]) => values.slice((layer - 1) * heads, layer * heads);
    return meanOf(
      result,
      lists(result, name).map(values => average(ofLayer(values).map(by))),
    );
  },
  needs: name,
});

/** What is told of every layer; the first ones are the columns of the short table. */
export const QUANTITIES = {
  hiddenVision: hiddenOf('Vision', 'vision'),
  hiddenUserText: hiddenOf('UserText', 'user text'),
  queryRatio: layerRatio('QueryNorm', 'query norm, vision / text (M)'),
  keyRatio: layerRatio('KeyNorm', 'key norm, vision / text (M)'),
  visionMass: layerMean('visionMass', 'attention mass on vision'),
  visionShare: headMean('visionShare', 'cross-modality balance'),
  hiddenSystem: hiddenOf('System', 'system prompt'),
  hiddenBos: hiddenOf('Bos', 'BOS'),
  visionQueryNorm: layerMean('visionQueryNorm', 'median query norm, vision'),
  textQueryNorm: layerMean('textQueryNorm', 'median query norm, text'),
  visionKeyNorm: layerMean('visionKeyNorm', 'median key norm, vision'),
  textKeyNorm: layerMean('textKeyNorm', 'median key norm, text'),
  visionLogit: layerMean('visionLogit', 'median logit, vision'),
  textLogit: layerMean('textLogit', 'median logit, text'),
  textMass: layerMean('textMass', 'attention mass on text'),
  systemShare: headMean('systemShare', 'system prompt share'),
  alpha: headMean('alpha', 'α_V'),
  deltaG: headMean('deltaG', '|Δg_V|', Math.abs),
  deltaAlpha: headMean('deltaAlpha', 'Δα_V'),
} as const satisfies Record<string, Quantity>;
