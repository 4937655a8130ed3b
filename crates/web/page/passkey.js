// What the browser does with passkeys, and how that travels: bytes as base64url.
export const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
export const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** This browser knows passkeys. */
export const knowsPasskeys = () => Boolean(window.PublicKeyCredential && navigator.credentials);

/** Signs what the server asks. */
export async function usePasskey(asked) {
  const { rawId, response } = await navigator.credentials.get({ publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, userVerification: "required" } });
  return { credential: base64url(rawId), client_data: base64url(response.clientDataJSON), authenticator_data: base64url(response.authenticatorData), signature: base64url(response.signature) };
}
