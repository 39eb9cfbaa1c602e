import { vulkanRemedy } from '../addon/remedies.js'
import type { NativeGpu } from '../addon/types.js'
import { surveyVulkan } from '../addon/vulkan.js'
import { FaceEmbedder } from '../embedder.js'

export interface VulkanReport {
  /** A GPU is used when one is requested. */
  readonly available: boolean
  /** Which GPU and how well it agrees with the CPU, or why none. */
  readonly reason: string
  readonly remedy?: string
  /** The addon was built with Vulkan; `null` where it was left alone. */
  readonly builtIn: boolean | null
  /** The system has Vulkan's loader. */
  readonly loader: boolean | null
  readonly devices: readonly Readonly<NativeGpu>[]
}

/** Without a look at it. */
export function vulkanUnseen(reason: string): VulkanReport {
  return { available: false, reason, builtIn: null, loader: null, devices: [] }
}

/** What Vulkan shows; the GPU that would be chosen has to embed as the CPU does. */
export async function examineVulkan(modelDir: string): Promise<VulkanReport> {
  const { reason, ...found } = surveyVulkan()
  if (reason !== '') {
    const remedy = vulkanRemedy({ reason, ...found })
    return { available: false, reason, ...(remedy && { remedy }), ...found }
  }
  try {
    await using embedder = await FaceEmbedder.open({ modelDir, device: 'auto' })
    const available = embedder.device === 'vulkan'
    return { available, reason: embedder.deviceReason ?? '', ...found }
  } catch (error) {
    // What is wrong with the model itself is told where the models are.
    const message = error instanceof Error ? error.message : String(error)
    return { available: false, reason: `it could not be tested: ${message}`, ...found }
  }
}
