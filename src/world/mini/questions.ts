import { cvCount, cvRelation } from './cvbench-forms.js';
import type { QuestionForm } from './form.js';
import * as query from './gqa-query-forms.js';
import * as verify from './gqa-verify-forms.js';
import { colorOf, countAll, countKind, describe, presence, shapeOf } from './lookup-forms.js';
import { absolute, further, list, relativeOpen, relativeYesNo, where } from './spatial-forms.js';
import * as vqa from './vqa-forms.js';

/** Every form of question of the mini world, by kind: what it teaches, then what it asks for. */
export const questionForms = {
  'list.color': list('color'),
  'list.shape': list('shape'),
  'list.shape_color': list('shape_color'),
  'look-up.color': colorOf,
  'look-up.shape': shapeOf,
  where,
  further,
  'color.abs': absolute('color'),
  'shape.abs': absolute('shape'),
  'shape_color.abs': absolute('shape_color'),
  'color.rel.open': relativeOpen('color'),
  'shape.rel.open': relativeOpen('shape'),
  'shape_color.rel.open': relativeOpen('shape_color'),
  'color.rel.yes-no': relativeYesNo('color'),
  'shape.rel.yes-no': relativeYesNo('shape'),
  'shape_color.rel.yes-no': relativeYesNo('shape_color'),
  describe,
  presence,
  'count.all': countAll,
  'count.kind': countKind,
  'gqa.exist': verify.exist,
  'gqa.verify.color': verify.verifyColor,
  'gqa.verify.position': verify.verifyPosition,
  'gqa.verify.relation': verify.verifyRelation,
  'gqa.verify.global': verify.verifyCrowded,
  'gqa.or': verify.existOr,
  'gqa.and': verify.existAnd,
  'gqa.same': verify.sameColor,
  'gqa.choose.color': query.chooseColor,
  'gqa.choose.position': query.choosePosition,
  'gqa.choose.relation': query.chooseRelation,
  'gqa.choose.global': query.chooseCrowded,
  'gqa.query.color': query.queryColor,
  'gqa.query.position': query.queryPosition,
  'gqa.query.related': query.queryRelated,
  'gqa.query.category': query.queryCategory,
  'vqa.color': vqa.vqaColor,
  'vqa.what': vqa.vqaWhat,
  'vqa.biggest': vqa.vqaBiggest,
  'vqa.count': vqa.vqaCount,
  'vqa.is': vqa.vqaIs,
  'vqa.is-there': vqa.vqaIsThere,
  'vqa.more': vqa.vqaMore,
  'cvbench.count': cvCount,
  'cvbench.relation': cvRelation,
} as const satisfies Record<string, QuestionForm>;

export type QuestionKind = keyof typeof questionForms;
