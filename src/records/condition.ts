import { canonicalJson, type JsonObject } from './json.js';

/** An intervention as data: what kind it is of, and all that its effect depends on. */
export interface InterventionRecord {
  readonly kind: string;
  readonly params: JsonObject;
  /** Digest of its code, of one that is not the package's own: an edited plug-in is another intervention. */
  readonly code?: string;
}

/** One way of asking, as `run.json` stores it. */
export interface ConditionRecord {
  /** Unique within a run; stored with every record. For people: nothing is told by it. */
  readonly name: string;
  /** False: the questions were put with no image at all. */
  readonly image: boolean;
  /** False: the template's text before the image was left out. */
  readonly systemPrompt: boolean;
  /** In the order in which they act. */
  readonly interventions: readonly InterventionRecord[];
}

/** What a condition is, whatever it is called: equal texts for equal conditions. */
export const conditionKey = ({ image, systemPrompt, interventions }: ConditionRecord): string =>
  canonicalJson({ image, systemPrompt, interventions: interventions.map(i => ({ ...i })) });
