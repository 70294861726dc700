using DChat.Core.Keys;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Statements;

/// <summary>
/// A statement whose signature is known to hold: it was signed here or verified (<c>Protocol/statement.proto</c>). The
/// signature is Ed25519 over label ‖ length of the network's name (1 byte) ‖ network ‖ statement, so what was signed as one type or
/// for one network is worth nothing as another. Immutable.
/// </summary>
/// <typeparam name="T">What is stated.</typeparam>
public sealed class Signed<T>
    where T : class, IStatement<T>
{
    /// <summary>The most that name of the network, signature and the lengths of the fields add to a statement, in bytes.</summary>
    private const int MaxOverhead = 2 + NetworkName.MaxLength + 2 + LabelledSignature.Length + 4;

    private Signed(SignedStatement message, T statement)
    {
        Message = message;
        Statement = statement;
    }

    /// <summary>The network that it was made for.</summary>
    public string Network => Message.Network;

    /// <summary>What is stated.</summary>
    public T Statement { get; }

    /// <summary>The form in which it travels inside other messages. Not to be changed.</summary>
    public SignedStatement Message { get; }

    /// <summary>Signs a statement.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="statement">What is stated.</param>
    /// <param name="key">The key that the statement names as its signer.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="network"/> is no network name, the key is not <see cref="IStatement{TSelf}.Signer"/>, or a member of the
    /// statement is out of its range: no verifier would take it.
    /// </exception>
    public static Signed<T> Sign(string network, T statement, SigningKey key)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(key);
        var name = NetworkName.Encode(network);
        if (key.PublicKey != statement.Signer)
        {
            throw new ArgumentException($"The key is {key.PublicKey}; the statement names {statement.Signer}.", nameof(key));
        }

        var encoded = statement.Encode();
        if (encoded.Length > T.MaxLength || TryDecode(encoded) is null)
        {
            throw new ArgumentException($"No verifier takes this: {statement}.", nameof(statement));
        }

        var signature = new byte[LabelledSignature.Length];
        key.Sign(T.Label, SignedBytes(name, encoded), signature);
        var message = new SignedStatement
        {
            Network = network,
            Statement = UnsafeByteOperations.UnsafeWrap(encoded),
            Signature = UnsafeByteOperations.UnsafeWrap(signature),
        };
        return new Signed<T>(message, statement);
    }

    /// <summary>Checks a statement that came inside another message, cheapest check first.</summary>
    /// <param name="message">What came; kept, so it must not be changed afterwards.</param>
    /// <param name="network">The network in which it must hold.</param>
    /// <param name="signed">The statement when it holds, otherwise null.</param>
    /// <returns>Why it does not hold; <see cref="StatementFault.None"/> when it does.</returns>
    public static StatementFault TryVerify(SignedStatement message, string network, out Signed<T>? signed)
    {
        ArgumentNullException.ThrowIfNull(message);
        signed = null;
        if (message.Statement.Length > T.MaxLength)
        {
            return StatementFault.Oversized;
        }

        if (message.Network != network)
        {
            return NetworkName.IsValid(message.Network) ? StatementFault.WrongNetwork : StatementFault.Malformed;
        }

        if (message.Signature.Length != LabelledSignature.Length || TryDecode(message.Statement.Span) is not { } statement)
        {
            return StatementFault.Malformed;
        }

        var bytes = SignedBytes(NetworkName.Encode(network), message.Statement.Span);
        if (!LabelledSignature.Verify(statement.Signer, T.Label, bytes, message.Signature.Span))
        {
            return StatementFault.BadSignature;
        }

        signed = new Signed<T>(message, statement);
        return StatementFault.None;
    }

    /// <summary>Reads and checks an encoded <see cref="SignedStatement"/>, which must be canonical as well.</summary>
    /// <param name="bytes">All of its bytes.</param>
    /// <param name="network">The network in which it must hold.</param>
    /// <param name="signed">The statement when it holds, otherwise null.</param>
    /// <returns>Why it does not hold; <see cref="StatementFault.None"/> when it does.</returns>
    public static StatementFault TryRead(ReadOnlySpan<byte> bytes, string network, out Signed<T>? signed)
    {
        signed = null;
        if (bytes.Length > T.MaxLength + MaxOverhead)
        {
            return StatementFault.Oversized;
        }

        return StatementMessages.TryParse(SignedStatement.Parser, bytes) is { } message && bytes.SequenceEqual(message.ToByteArray())
            ? TryVerify(message, network, out signed)
            : StatementFault.Malformed;
    }

    /// <summary>The encoded <see cref="Message"/>, as <see cref="TryRead"/> reads it.</summary>
    public byte[] Encode() => Message.ToByteArray();

    private static T? TryDecode(ReadOnlySpan<byte> bytes) =>
        T.TryDecode(bytes) is { } statement && bytes.SequenceEqual(statement.Encode()) ? statement : null;

    private static byte[] SignedBytes(ReadOnlySpan<byte> network, ReadOnlySpan<byte> statement) =>
        [(byte)network.Length, .. network, .. statement];
}
