using DChat.Core;

namespace DChat.Federation.Sync;

/// <summary>The messages that were asked for, and which of them have come: one that is sent again and again counts once.</summary>
internal sealed class SyncWanted
{
    private readonly HashSet<Bytes32> _ids = [];
    private readonly HashSet<Bytes32> _kept = [];

    /// <summary>The ids of a list, 32 bytes each.</summary>
    public static SyncWanted Of(ReadOnlySpan<byte> ids)
    {
        var wanted = new SyncWanted();
        for (var at = 0; at < ids.Length; at += Bytes32.Length)
        {
            wanted._ids.Add(new Bytes32(ids.Slice(at, Bytes32.Length)));
        }

        return wanted;
    }

    /// <summary>Whether a message was asked for.</summary>
    public bool Contains(Bytes32 id) => _ids.Contains(id);

    /// <summary>Notes that a message is durable; false when that is known already.</summary>
    public bool TryKeep(Bytes32 id) => _kept.Add(id);
}
