namespace DChat.Interop.Tests.Js;

/// <summary>The setting <c>shown</c> of <c>lib/shown.mjs</c>.</summary>
/// <param name="Own">The IP address that the peer is shown at.</param>
/// <param name="Peer">The IP address that whoever connects to it is shown at.</param>
/// <param name="Failing">Dials of that address that fail before one is let through.</param>
internal sealed record JsShownSettings(string Own, string Peer, int Failing = 0);
