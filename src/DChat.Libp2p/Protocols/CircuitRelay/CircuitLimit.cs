namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What a relay lets pass through one circuit.</summary>
/// <param name="Duration">How long; zero when without limit.</param>
/// <param name="Data">Bytes in each direction; 0 when without limit.</param>
internal readonly record struct CircuitLimit(TimeSpan Duration, long Data)
{
    internal bool IsNone => Duration == TimeSpan.Zero && Data == 0;
}
