using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Identity;

/// <summary>What of an author key is valid although its device is revoked.</summary>
/// <param name="Topic">The topic it writes to.</param>
/// <param name="KeyGeneration">Its key generation.</param>
/// <param name="Author">The author key.</param>
/// <param name="LastSequence">Its last valid sequence; 0 when none is.</param>
public sealed record AuthorCutoff(Topic Topic, uint KeyGeneration, AuthorKey Author, ulong LastSequence);
