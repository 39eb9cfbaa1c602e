import { loadBinding } from '../../lib/addon/load.js'

/** What the addon under test shows of Vulkan, software drivers counted. */
export const vulkan = loadBinding().vulkan({ allowSoftware: true })

/** The addon was built with Vulkan. */
export const withVulkan = vulkan.builtIn
