/** Asks the browser to keep the page that stands in while the server cannot be reached. Where it cannot, nothing is lost. */
export function keepOfflinePage(): void {
  if (!('serviceWorker' in navigator)) return
  const register = () => void navigator.serviceWorker.register('/worker.js').catch(() => undefined)
  // After everything that the person is waiting for.
  if (document.readyState === 'complete') register()
  else addEventListener('load', register, { once: true })
}
