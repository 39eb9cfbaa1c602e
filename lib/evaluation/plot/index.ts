import type { Evaluation, Mark } from '../report.js'
import { histogramPanel } from './histogram.js'
import { rocPanel } from './roc.js'
import { escapeText, style } from './svg.js'

const size = { width: 1040, height: 500 }

/** ROC curve and score histograms of an evaluation, as a picture (SVG). */
export function drawEvaluation(result: Evaluation, title: string, mark?: Mark): string {
  const { genuine, impostors } = result.pairs
  const accuracy = result.accuracy
  const facts = [
    `${genuine} genuine and ${impostors} impostor pairs`,
    ...(accuracy
      ? [
          `accuracy ${(accuracy.accuracy * 100).toFixed(2)} ± ${(accuracy.standardError * 100).toFixed(2)} %`
        ]
      : []),
    `EER ${(result.eer * 100).toFixed(2)} %`,
    `AUC ${result.auc.toFixed(4)}`
  ].join(' · ')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeText(title)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${size.width}" height="${size.height}" rx="8"/>`,
    `<text class="title" x="32" y="40">${escapeText(title)}</text>`,
    `<text class="facts" x="32" y="62">${escapeText(facts)}</text>`,
    rocPanel(result, { x: 88, y: 100, width: 400, height: 330 }),
    histogramPanel(result, { x: 592, y: 100, width: 400, height: 330 }, mark),
    '</svg>',
    ''
  ].join('\n')
}
