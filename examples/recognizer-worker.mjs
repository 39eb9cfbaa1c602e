// The worker of worker-thread.mjs: finds faces in slots of shared memory.
import { parentPort, workerData } from 'node:worker_threads'
import { FaceRecognizer } from 'seesawface'

const { memory, bytes, frame } = workerData
const recognizer = await FaceRecognizer.open()

parentPort.on('message', async ({ slot, index, close }) => {
  if (close) {
    await recognizer.close()
    parentPort.close()
    return
  }
  const data = new Uint8Array(memory, slot * bytes, bytes)
  const faces = await recognizer.detect({ ...frame, data })
  parentPort.postMessage({ slot, index, faces })
})
