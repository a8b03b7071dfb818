import { clusteredStatistic } from '../../metrics/clustered.js';
import {
  average,
  deltaOf,
  type Estimate,
  imagesOf,
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

/**
 * Over a layer's heads: how far the measured Δα_V lies from what the first-order form α_V (1 − α_V) Δg_V Δ says, as a share of
 * |Δα_V|. Of the derivative ∂α_V/∂φ = α_V α_T (g_V − g_T) of the paper's second version it is the finite form, with g_T = 0, as the
 * text's keys do not turn.
 */
const firstOrder =
  (of: (measured: number, predicted: number) => number) => (result: PositionResult, layer: number) => {
    const { heads } = shapeOf(result);
    const [alpha, deltaAlpha, deltaG] = (['alpha', 'deltaAlpha', 'deltaG'] as const).map(name =>
      lists(result, name),
    );
    return alpha!.map((values, record) =>
      average(
        values.slice((layer - 1) * heads, layer * heads).map((a, head) => {
          const at = (layer - 1) * heads + head;
          return of(deltaAlpha![record]![at]!, a * (1 - a) * deltaG![record]![at]! * deltaOf(result));
        }),
      ),
    );
  };

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
  userShare: headMean('userShare', 'user text share'),
  alpha: headMean('alpha', 'α_V'),
  deltaG: headMean('deltaG', '|Δg_V|', Math.abs),
  deltaAlpha: headMean('deltaAlpha', 'Δα_V'),
  predictedDeltaAlpha: {
    label: 'α_V (1 − α_V) Δg_V Δ',
    from: 1,
    of: (result, layer) => meanOf(result, firstOrder((_, predicted) => predicted)(result, layer)),
    needs: 'deltaAlpha',
  },
  firstOrderGap: {
    label: 'how far both differ, share of |Δα_V|',
    from: 1,
    of: (result, layer) => {
      const gap = firstOrder((measured, predicted) => Math.abs(measured - predicted))(result, layer);
      const size = firstOrder(measured => Math.abs(measured))(result, layer);
      return clusteredStatistic([gap, size], imagesOf(result), ([a, b]) => a! / b!);
    },
    needs: 'deltaAlpha',
  },
  turnVision: layerMean('turnVision', 'cos(h before, h after), vision'),
  turnUserText: layerMean('turnUserText', 'cos(h before, h after), user text'),
  phaseVision: layerMean('phaseVision', '‖Δu‖ of a step in phase, vision'),
  phaseUserText: layerMean('phaseUserText', '‖Δu‖ of a step in phase, user text'),
  outputVision: layerMean('outputVision', '‖attention output‖ / ‖residual‖, vision'),
  outputUserText: layerMean('outputUserText', '‖attention output‖ / ‖residual‖, user text'),
  sinkShare: layerMean('sinkShare', 'vision tokens of extreme norm, share'),
  sinkMass: layerMean('sinkMass', 'attention mass on vision tokens of extreme norm'),
} as const satisfies Record<string, Quantity>;
