namespace DChat.Libp2p.Transports;

/// <summary>
/// What the streams of one connection may take of their host: places, and memory for what the peer has sent and not yet been
/// read, or has not yet taken. Called from several threads, and under locks: nothing here waits or calls back.
/// </summary>
public interface IStreamBudget
{
    /// <summary>Bytes that a place for a stream includes: its objects, and what it holds unread up to as many.</summary>
    const int BytesPerStream = 4096;

    /// <summary>Whether windows may grow: not while much of the memory is used.</summary>
    bool MayGrowWindows { get; }

    /// <summary>Takes a place for a stream; the name of the limit when there is none. Each is given back once, by <see cref="RemoveStream"/>.</summary>
    /// <param name="isOutbound">Whether this side opens it.</param>
    string? AddStream(bool isOutbound);

    /// <summary>Gives the place of a stream back.</summary>
    /// <param name="isOutbound">Whether this side opened it.</param>
    void RemoveStream(bool isOutbound);

    /// <summary>Takes memory; false when there is none left. Given back by <see cref="ReturnMemory"/>, or at the latest when the connection has ended.</summary>
    /// <param name="bytes">Above 0.</param>
    bool TryTakeMemory(int bytes);

    /// <summary>Gives memory back.</summary>
    /// <param name="bytes">At most what was taken and is not given back yet.</param>
    void ReturnMemory(int bytes);
}
