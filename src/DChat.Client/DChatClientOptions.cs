using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Core.Sealing;
using DChat.Feeds;
using DChat.Tls;

namespace DChat.Client;

/// <summary>Options of <see cref="IDChatClient"/>, checked when the client is made.</summary>
public sealed class DChatClientOptions
{
    /// <summary>
    /// The directory that keeps the device key, the topics and the sequences. Default: null, a new device that lives in
    /// memory as long as the process. Ignored when the container has an <see cref="Devices.IDeviceStore"/> of its own.
    /// </summary>
    public string? Home { get; set; }

    /// <summary>
    /// How long a call goes on trying while the cluster does not answer or cannot take a message. Default 30 s; 0 (one
    /// attempt) to 1 h. Subscriptions go on until they are cancelled.
    /// </summary>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one attempt may go unanswered before the next one: calls to a silo that has died are answered by nobody.
    /// Default 5 s; 100 ms to 5 min.
    /// </summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long messages are gathered while a batch of the same shard is under way; a lone message goes at once. Default
    /// 2 ms; 0 to 100 ms.
    /// </summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The most publish calls under way for one shard. Default 4; 1 to 64. With 1, one caller's messages stay in order even when it does not await them.</summary>
    public int MaxBatchesInFlight { get; set; } = 4;

    /// <summary>
    /// The most bytes of messages waiting to become durable, counting 1 KiB of overhead each; publishing waits beyond that.
    /// Default 16 MiB; 64 KiB to 1 GiB.
    /// </summary>
    public long MaxPendingBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// The most bytes of messages queued for one subscriber; a slower one reads from the log. Default 4 MiB; 256 KiB to 1 GiB.
    /// </summary>
    public long SubscriberBufferBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most bytes by which all readers together remember who used which sequence, to notice replays and authors that
    /// use one twice; beyond that the topic that takes most forgets. Default 16 MiB; 256 KiB to 1 GiB.
    /// </summary>
    public long ReplayMemoryBytes { get; set; } = ReplayMemory.DefaultBytes;

    /// <summary>
    /// How long a core silo may be silent before its stream subscriptions count as lost and are made anew; it shows itself
    /// every second. Changes of the connection are noticed at once, so this is the last resort. Default 30 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan StreamSilence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The secret by which the silos know an operator, for <see cref="IDChatOperator"/>; needed where they are configured with
    /// one. Default: null; 16 to 256 visible ASCII characters.
    /// </summary>
    public string? OperatorToken { get; set; }

    /// <summary>
    /// The certificate that is shown to the silos, and the authority of theirs; needed where the silos have TLS. Used by
    /// <see cref="Hosting.DChatClientBuilderExtensions.UseDChatClient"/> only: inside a silo there is no connection. Default: what
    /// the variables <c>DCHAT_TLS_CERTIFICATE</c>, <c>DCHAT_TLS_KEY</c>, <c>DCHAT_TLS_KEY_PASSWORD</c> and
    /// <c>DCHAT_TLS_AUTHORITY</c> name; null, when none is set or given, connects without TLS.
    /// </summary>
    public TlsFiles? Tls { get; set; } = TlsFiles.FromEnvironment();

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        const long KiB = 1024;
        OptionRange.Require(Home is not "", nameof(Home), "empty", "a directory, or null for a device in memory");
        OptionRange.Check(nameof(RetryTimeout), RetryTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        OptionRange.Check(nameof(CallTimeout), CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
        OptionRange.Check(nameof(Linger), Linger, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        OptionRange.Check(nameof(MaxBatchesInFlight), MaxBatchesInFlight, 1, 64);
        OptionRange.Check(nameof(MaxPendingBytes), MaxPendingBytes, 64 * KiB, KiB * KiB * KiB);
        OptionRange.Check(nameof(SubscriberBufferBytes), SubscriberBufferBytes, 256 * KiB, KiB * KiB * KiB);
        OptionRange.Check(nameof(ReplayMemoryBytes), ReplayMemoryBytes, ReplayMemory.MinBytes, KiB * KiB * KiB);
        OptionRange.Check(nameof(StreamSilence), StreamSilence, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        OperatorOnlyAttribute.CheckToken(nameof(OperatorToken), OperatorToken);
        Tls?.Validate();
    }

    internal FeedOptions ToFeedOptions() => new()
    {
        CallTimeout = CallTimeout,
        SubscriberBufferBytes = SubscriberBufferBytes,
        StreamSilence = StreamSilence,
    };
}
