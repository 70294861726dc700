using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;

namespace DChat.Abstractions.Grains;

/// <summary>
/// One session in which the set of a shard is reconciled, beside the shard on its core silo: what it reads and computes is off the turn of
/// the shard, which appends meanwhile. It has a snapshot, which does not change. One call after the other; a session that nobody has called
/// for <see cref="IdleSeconds"/> ends, and then, as after its silo has gone, calls are not answered.
/// </summary>
[Alias("dchat.ISyncSession"), GrainInterfaceType("dchat.ISyncSession")]
public interface ISyncSession : IGrainObserver
{
    /// <summary>How long a session waits to be called, in seconds.</summary>
    const int IdleSeconds = 60;

    /// <summary>The most ids of one call.</summary>
    const int MaxIds = 8_192;

    /// <summary>The most symbols of one call.</summary>
    const int MaxSymbols = 16_384;

    /// <summary>Begins to find the differences to a peer's set.</summary>
    /// <param name="theirs">What the peer says of it.</param>
    /// <exception cref="DChatException">The peer's digest is malformed (<c>reconciliation-invalid</c>), or storage fails (transient).</exception>
    [Alias("BeginAsync")]
    Task<SyncStep> BeginAsync(SetSummary theirs);

    /// <summary>Takes what the peer has answered to the step before.</summary>
    /// <exception cref="DChatException">
    /// It cannot be read (<c>reconciliation-invalid</c>, <c>reconciliation-version</c>), there are too many differences or rounds
    /// (<c>reconciliation-limit</c>), or storage fails (transient).
    /// </exception>
    [Alias("ContinueAsync")]
    Task<SyncStep> ContinueAsync(byte[] answer);

    /// <summary>The symbols of the set's sketch from one on, for a peer: 41 bytes each.</summary>
    /// <param name="start">The number of the first.</param>
    /// <param name="count">How many, 1 to <see cref="MaxSymbols"/>.</param>
    /// <returns>As many, or none when the session gives no more.</returns>
    [Alias("ProduceAsync")]
    Task<byte[]> ProduceAsync(int start, int count);

    /// <summary>The answer to a peer's message of negentropy.</summary>
    /// <exception cref="DChatException">The message cannot be read, or goes beyond a limit, as with <see cref="ContinueAsync"/>.</exception>
    [Alias("AnswerAsync")]
    Task<byte[]> AnswerAsync(byte[] message);

    /// <summary>Looks messages up, to be read with <see cref="ReadAsync"/>.</summary>
    /// <param name="ids">Up to <see cref="MaxIds"/> MessageIds of 32 bytes, one after the other.</param>
    /// <returns>How many of them the shard has.</returns>
    [Alias("LocateAsync")]
    Task<int> LocateAsync(byte[] ids);

    /// <summary>The next of the messages that were looked up last; empty when there are no more.</summary>
    [Alias("ReadAsync")]
    Task<EnvelopeBatch> ReadAsync();

    /// <summary>Ends the session.</summary>
    [Alias("CloseAsync")]
    Task CloseAsync();
}
