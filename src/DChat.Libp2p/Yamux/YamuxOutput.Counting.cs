using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Yamux;

/// <content>What waits to be sent takes memory of the host: a peer that reads slowly decides how long it waits.</content>
internal sealed partial class YamuxOutput
{
    /// <summary>Pending bytes for which no memory is taken: one frame, so that a connection goes on when there is none.</summary>
    internal const int FreeLength = YamuxStream.MaxFrame + YamuxHeader.Size;

    private int _pendingMemory;
    private int _writingMemory;

    /// <summary>Where memory comes from; no limit when null. Set before the first frame.</summary>
    internal IStreamBudget? Budget { get; set; }

    /// <summary>Takes memory for one more frame of data; false when it has to wait until what is pending is written.</summary>
    private bool TryTakeMemory(int payloadLength)
    {
        var beyond = Math.Max(_pending.Length + YamuxHeader.Size + payloadLength - FreeLength, 0);
        var more = ((beyond + YamuxStream.MemoryStep - 1) / YamuxStream.MemoryStep * YamuxStream.MemoryStep) - _pendingMemory;
        if (_pending.Length == 0 || more <= 0 || Budget is null)
        {
            return true;
        }

        if (!Budget.TryTakeMemory(more))
        {
            return false;
        }

        _pendingMemory += more;
        return true;
    }

    /// <summary>What was pending is being written; what was written before is gone.</summary>
    private void MoveMemory()
    {
        if (_writingMemory > 0)
        {
            Budget?.ReturnMemory(_writingMemory);
        }

        (_writingMemory, _pendingMemory) = (_pendingMemory, 0);
    }
}
