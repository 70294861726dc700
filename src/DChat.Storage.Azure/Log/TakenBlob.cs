namespace DChat.Storage.Azure.Log;

/// <summary>A blob that a writer has taken, with nothing but its beginning in it: only the holder of the lease can append.</summary>
/// <param name="Name">The blob.</param>
/// <param name="Lease">The lease.</param>
internal readonly record struct TakenBlob(BlobName Name, string Lease);
