// onnxruntime-node with the same network: onnxruntime.mjs MODEL.onnx THREADS
import { crop, load, serve } from './serve.mjs'

const [model, threads] = process.argv.slice(2)
const ort = load('onnxruntime-node')
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all'
})
const pixels = 112 * 112
// BGR planes, as the network takes them.
const input = Float32Array.from(
  { length: 3 * pixels },
  (_, i) => (crop[(i % pixels) * 3 + 2 - Math.floor(i / pixels)] - 127.5) / 127.5
)
const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', input, [1, 3, 112, 112]) }
await serve({ version: ort.env.versions.common }, () => () => session.run(feeds))
