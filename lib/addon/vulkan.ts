import { DeviceUnavailableError, InvalidArgumentError } from '../errors.js'
import { loadBinding } from './load.js'
import { vulkanRemedy } from './remedies.js'
import type { NativeVulkan } from './types.js'

const variable = 'SEESAWFACE_VULKAN_ALLOW_CPU'

/**
 * Whether a Vulkan driver that computes on the CPU counts as a GPU: for tests, on machines without
 * one. Everybody else is faster without it.
 */
export function allowSoftware(): boolean {
  const value = process.env[variable] ?? ''
  if (!['', '0', '1'].includes(value)) {
    throw new InvalidArgumentError(variable, `${variable} must be 0 or 1, not "${value}"`)
  }
  return value === '1'
}

/** What Vulkan shows. The first call in a process takes a moment: it starts Vulkan. */
export function surveyVulkan(): NativeVulkan {
  return loadBinding().vulkan({ allowSoftware: allowSoftware() })
}

/** The addon's error with what helps. */
export function withRemedy(error: DeviceUnavailableError): DeviceUnavailableError {
  const remedy = vulkanRemedy(surveyVulkan())
  const tail = remedy === undefined ? "Use device 'auto' or 'cpu'." : remedy
  return new DeviceUnavailableError(`No GPU can be used: ${error.message}. ${tail}`, {
    cause: error
  })
}
