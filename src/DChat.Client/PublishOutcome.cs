using System.Diagnostics.CodeAnalysis;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Client;

/// <summary>What became of one message: a receipt, or the reason why there is none.</summary>
public sealed class PublishOutcome
{
    private readonly PublishReceipt _receipt;

    internal PublishOutcome(PublishReceipt receipt)
    {
        _receipt = receipt;
        MessageId = receipt.MessageId;
    }

    internal PublishOutcome(MessageId messageId, RejectionCode rejection)
        : this(messageId, new DChatException(
            rejection.ToCode(), $"The relay rejected message {messageId}: {rejection.ToCode()}.", rejection.IsTransient())) =>
        Rejection = rejection;

    internal PublishOutcome(MessageId messageId, DChatException error)
    {
        MessageId = messageId;
        Error = error;
    }

    /// <summary>The message, accepted or not.</summary>
    public MessageId MessageId { get; }

    /// <summary>Whether the message is durable.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsAccepted => Error is null;

    /// <summary>Why the relay refused it; <see cref="RejectionCode.None"/> when it was accepted or no relay answered.</summary>
    public RejectionCode Rejection { get; }

    /// <summary>
    /// Why the message is not known to be durable: the rejection, or <see cref="DChatErrorCodes.SiloUnavailable"/> when no
    /// relay answered, in which case it may be durable all the same. Null when it was accepted.
    /// </summary>
    public DChatException? Error { get; }

    /// <summary>Where the message stands.</summary>
    /// <exception cref="DChatException">It was not accepted: <see cref="Error"/>.</exception>
    public PublishReceipt Receipt => Error is null ? _receipt : throw Error;
}
