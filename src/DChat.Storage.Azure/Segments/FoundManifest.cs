using Azure;

namespace DChat.Storage.Azure.Segments;

/// <summary>A manifest as it was read.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Bytes">The same, as it stands in the blob.</param>
/// <param name="ETag">Which state of the blob that is: another write has another one, whatever it writes.</param>
internal sealed record FoundManifest(SegmentManifest Manifest, ReadOnlyMemory<byte> Bytes, ETag ETag);
