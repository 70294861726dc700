namespace DChat.Libp2p.Tests.Links;

/// <summary>What a slow link is like, in each of its directions.</summary>
/// <param name="BytesPerSecond">How much passes.</param>
/// <param name="Delay">How long a byte takes from one end to the other.</param>
/// <param name="Buffer">Bytes that wait at the near end, and as many at the far end, before the sender has to wait.</param>
/// <param name="StallsPerSecond">How often, on average, a packet is lost: nothing passes until it was sent again.</param>
/// <param name="Stall">How long that takes.</param>
/// <param name="Seed">When the losses are.</param>
public sealed record LinkShape(
    int BytesPerSecond, TimeSpan Delay = default, int Buffer = 64 * 1024, double StallsPerSecond = 0, TimeSpan Stall = default, int Seed = 1);
