import { readFileSync } from 'node:fs'
import test from 'ava'
import { fitPlatt } from '../../lib/evaluation/platt.js'
import { areaUnderCurve, equalErrorRate, rocCurve, tarAtFar } from '../../lib/evaluation/roc.js'

// Written by research/evaluation/sklearn_reference.py.
interface Reference {
  sklearn: string
  cases: {
    name: string
    genuine: number[]
    impostors: number[]
    roc: { far: number[]; tar: number[]; thresholds: number[] }
    auc: number
    eer: number
    tarAtFar: { far: number; tar: number }[]
    platt: { slope: number; intercept: number }
  }[]
}
const file = new URL('../fixtures/evaluation/sklearn.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Reference

const near = (a: number, b: number, most = 1e-12): boolean => Math.abs(a - b) <= most

for (const { name, roc, auc, eer, platt, ...rest } of cases) {
  const genuine = Float64Array.from(rest.genuine).sort()
  const impostors = Float64Array.from(rest.impostors).sort()

  test(`${name}: the ROC curve is scikit-learn's`, (t) => {
    const curve = rocCurve(genuine, impostors)
    t.is(curve.length, roc.far.length)
    for (const [i, point] of curve.entries()) {
      t.true(near(point.far, roc.far[i] ?? -1) && near(point.tar, roc.tar[i] ?? -1), `point ${i}`)
      if (i > 0)
        t.is<number | undefined, number | undefined>(point.threshold, roc.thresholds[i - 1])
    }
  })

  test(`${name}: so are AUC, EER and TAR at FAR`, (t) => {
    t.true(near(areaUnderCurve(genuine, impostors), auc))
    t.true(near(equalErrorRate(rocCurve(genuine, impostors)), eer))
    for (const { far, tar } of rest.tarAtFar) {
      t.true(near(tarAtFar(genuine, impostors, far).tar, tar), `at ${far}`)
    }
  })

  test(`${name}: so is the logistic map`, (t) => {
    // scikit-learn stops its search earlier than we do: a few digits fewer agree.
    const map = fitPlatt(genuine, impostors)
    t.true(near(map.slope / platt.slope, 1, 1e-4), `${map.slope} and ${platt.slope}`)
    t.true(near(map.intercept / platt.intercept, 1, 1e-4), `${map.intercept}, ${platt.intercept}`)
  })
}
