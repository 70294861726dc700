using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>
/// That an author signed two messages under one sequence: the two envelopes of these ids prove it to anyone.
/// </summary>
/// <param name="Author">The author.</param>
/// <param name="KeyGeneration">The generation of the author key.</param>
/// <param name="Sequence">The sequence used twice.</param>
/// <param name="First">The message seen first.</param>
/// <param name="Second">The message seen now.</param>
public sealed record EquivocationReport(AuthorKey Author, uint KeyGeneration, ulong Sequence, MessageId First, MessageId Second);
