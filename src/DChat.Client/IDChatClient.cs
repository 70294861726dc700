using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>
/// A device's way into a DChat network through one operator's cluster; what concerns the cluster itself is
/// <see cref="IDChatOperator"/>. Thread-safe; one a process is enough. Faults are
/// <see cref="DChatException"/>s with a stable code, see <see cref="DChatErrorCodes"/>.
/// </summary>
public interface IDChatClient
{
    /// <summary>The device that messages are published as.</summary>
    DeviceKey Device { get; }

    /// <summary>The network the cluster serves.</summary>
    /// <exception cref="DChatException">The cluster did not answer in time (<c>silo-unavailable</c>).</exception>
    Task<NetworkDescription> DescribeNetworkAsync(CancellationToken cancellationToken = default);

    /// <summary>Where the log of a topic's shard ends now: a cursor that later messages come after.</summary>
    /// <exception cref="DChatException">The cluster did not answer in time (<c>silo-unavailable</c>), or the topic is of another network (<c>wrong-network</c>).</exception>
    Task<LogPosition> GetHeadAsync(Topic topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Seals a message, sends it, and returns when the relay has it on stable storage. Waits first while too much is pending.
    /// What may pass is tried again with the same bytes for <see cref="DChatClientOptions.RetryTimeout"/>.
    /// </summary>
    /// <param name="topic">Where to.</param>
    /// <param name="content">At most <see cref="EnvelopeSealer.MaxContentLength"/> bytes; must not change until the call returns.</param>
    /// <param name="options">How to seal it. Default: <see cref="PublishOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops waiting; a message already sealed may be sent all the same.</param>
    /// <exception cref="ArgumentOutOfRangeException">The content is too long, or an option is out of range.</exception>
    /// <exception cref="DChatException">
    /// The relay rejected it (the code of the <see cref="RejectionCode"/>) or did not answer in time
    /// (<c>silo-unavailable</c>: it may be durable all the same); or a fault as of <see cref="TryPublishAsync"/>.
    /// </exception>
    Task<PublishReceipt> PublishAsync(
        Topic topic, ReadOnlyMemory<byte> content, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="PublishAsync"/>, but a rejection and an unreachable relay are values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The content is too long, or an option is out of range.</exception>
    /// <exception cref="DChatException">
    /// Nothing was sent: the topic is of another network (<c>wrong-network</c>), the network could not be described
    /// (<c>silo-unavailable</c>), or the device store failed (<c>home-…</c>).
    /// </exception>
    Task<PublishOutcome> TryPublishAsync(
        Topic topic, ReadOnlyMemory<byte> content, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// A topic's messages in the order of the log, each once, from where the options say and on until cancelled. Lost
    /// connections and silos are ridden out. A subscriber that is slower than the topic reads from the log instead of
    /// memory; messages that do not open are counted and left out.
    /// </summary>
    /// <exception cref="DChatException">The cursor cannot be continued (<c>cursor-gap</c>, unless the options say otherwise), or the topic is of another network (<c>wrong-network</c>).</exception>
    IAsyncEnumerable<ReceivedMessage> SubscribeAsync(
        Topic topic, SubscribeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>All messages of a shard, unopened, in the order of the log; otherwise as <see cref="SubscribeAsync"/>.</summary>
    /// <exception cref="DChatException">The cursor cannot be continued (<c>cursor-gap</c>, unless the options say otherwise).</exception>
    IAsyncEnumerable<EnvelopeRange> SubscribeEnvelopesAsync(
        ShardId shard, SubscribeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>All messages under a topic tag, unopened, in the order of the log; otherwise as <see cref="SubscribeAsync"/>.</summary>
    /// <exception cref="DChatException">The cursor cannot be continued (<c>cursor-gap</c>, unless the options say otherwise).</exception>
    IAsyncEnumerable<EnvelopeRange> SubscribeTopicEnvelopesAsync(
        TopicTag topic, SubscribeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads some of a topic's history.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="after">The cursor to read after. Default: null, the start.</param>
    /// <param name="limit">The most messages, 1 to <see cref="FetchPage.MaxMessages"/>; a page may hold fewer, see <see cref="FetchPage.HasMore"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A page; a cursor that cannot be continued is <see cref="FetchPage.IsCursorGap"/>.</returns>
    /// <exception cref="DChatException">The cluster did not answer in time (<c>silo-unavailable</c>), or the topic is of another network (<c>wrong-network</c>).</exception>
    Task<FetchPage> FetchAsync(
        Topic topic, LogPosition? after = null, int limit = FetchPage.MaxMessages, CancellationToken cancellationToken = default);
}
