/*
 * The questions of the page's data block, and which of them pass the filters; `viewer.js` draws them. Columns are answers of
 * one run under one condition; a row is a question's place.
 */
globalThis.viewed = (() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { strings, images, questions, facets, columns } = data;

  const textAt = place => (place < 0 ? '' : strings[place]);

  function gradeOf(score) {
    if (score === null) return 'unknown';
    return score === 1 ? 'right' : score === 0 ? 'wrong' : 'partly';
  }

  const bothAsked = (a, b, row) => a.output[row] >= 0 && b.output[row] >= 0;
  const bothGraded = (a, b, row) => a.score[row] !== null && b.score[row] !== null;

  /** What became of an answer from column a to column b, by the names of the change filter. */
  const changes = {
    all: () => true,
    changed: (a, b, row) => bothAsked(a, b, row) && !changes.same(a, b, row),
    toWrong: (a, b, row) => bothGraded(a, b, row) && b.score[row] < a.score[row],
    toRight: (a, b, row) => bothGraded(a, b, row) && b.score[row] > a.score[row],
    equal: (a, b, row) =>
      changes.changed(a, b, row) && !changes.toWrong(a, b, row) && !changes.toRight(a, b, row),
    same: (a, b, row) =>
      bothAsked(a, b, row) && a.output[row] === b.output[row] && a.score[row] === b.score[row],
    right: (a, b, row) => a.score[row] === 1 && b.score[row] === 1,
    wrong: (a, b, row) => a.score[row] === 0 && b.score[row] === 0,
  };

  let lower;
  /** A test of whether a question has these words in one of its texts or ids. */
  function textTest(words) {
    if (words === '') return () => true;
    lower ??= strings.map(text => text.toLowerCase());
    const hit = lower.map(text => text.includes(words.toLowerCase()));
    return row =>
      hit[questions.text[row]] ||
      hit[questions.target[row]] ||
      hit[questions.id[row]] ||
      hit[images[questions.image[row]]] ||
      columns.some(({ output }) => hit[output[row]]);
  }

  /** The questions that have these words and, of each facet in `wanted` ([place, value]), this value. */
  function rowsWith(words, wanted) {
    const hasWords = textTest(words.trim());
    return questions.id
      .map((_, row) => row)
      .filter(row => wanted.every(([facet, value]) => facets[facet].values[row] === value) && hasWords(row));
  }

  /** Mean score of these questions, percent; undefined where none is graded. */
  function meanOf({ score }, rows) {
    const scores = rows.map(row => score[row]).filter(value => value !== null);
    if (scores.length === 0) return undefined;
    return (100 * scores.reduce((sum, value) => sum + value, 0)) / scores.length;
  }

  /** Everything that is known of a question beside its wording, as [name, text]. */
  const factsOf = row =>
    [
      ['Target', textAt(questions.target[row])],
      ...facets.map(({ title, values }) => [title, textAt(values[row])]),
      ['Question id', textAt(questions.id[row])],
      ['Image id', textAt(images[questions.image[row]])],
    ].filter(([, text]) => text !== '');

  const several = new Set(columns.map(column => column.run)).size > 1;
  return { ...data, several, textAt, gradeOf, changes, rowsWith, meanOf, factsOf };
})();
