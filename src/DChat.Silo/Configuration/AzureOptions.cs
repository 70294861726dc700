using Azure.Data.Tables;
using Azure.Storage.Blobs;
using DChat.Core;
using DChat.Storage.Azure.Log;

namespace DChat.Silo.Configuration;

/// <summary>A storage account, for what is to be kept in Azure. Section <c>DChat:Azure</c>.</summary>
[OptionSection("DChat:Azure")]
internal sealed class AzureOptions
{
    private const string Connection = "a connection string of Azure Storage, such as DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...";
    private const string Endpoint = "an https URL without a query, such as https://account.blob.core.windows.net, and none where DChat:Azure:ConnectionString is set";

    /// <summary>Account and key. A secret. Default null: the endpoints and an identity.</summary>
    [Option("the storage account and its key; a secret: set it in the environment", Form = Connection, Default = "none")]
    public string? ConnectionString { get; set; }

    /// <summary>Where the blobs are, for the identity of the machine, or of the environment (<c>DefaultAzureCredential</c>). Default null.</summary>
    [Option("the account's blobs, used with the identity of the machine or of the environment (AZURE_CLIENT_ID and its like) in place of a key", Form = Endpoint, Default = "none")]
    public string? BlobEndpoint { get; set; }

    /// <summary>Where the tables are, with the same identity. Default null.</summary>
    [Option("the account's tables, used in the same way", Form = Endpoint, Default = "none")]
    public string? TableEndpoint { get; set; }

    /// <summary>The blob container of grain state, made if need be. Default <c>grainstate</c>, as Orleans calls it.</summary>
    [Option("the blob container of grain state, made if it is not there; one for each cluster", Form = "3 to 63 of a-z, 0-9 and single '-', starting and ending with a letter or digit")]
    public string Container { get; set; } = "grainstate";

    /// <summary>The table of members, made if need be. Default <c>OrleansSiloInstances</c>, as Orleans calls it.</summary>
    [Option("the table of the members, made if it is not there; clusters of different ids may share it", Form = "3 to 63 letters and digits, starting with a letter")]
    public string Table { get; set; } = "OrleansSiloInstances";

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is of another form (<c>options-invalid</c>); the message does not show the secret.</exception>
    public void Validate()
    {
        OptionRange.Require(ConnectionString is null || IsConnection(ConnectionString), nameof(ConnectionString), "of another form", Connection);
        OptionRange.Require(IsEndpoint(BlobEndpoint), nameof(BlobEndpoint), Shown(BlobEndpoint), Endpoint);
        OptionRange.Require(IsEndpoint(TableEndpoint), nameof(TableEndpoint), Shown(TableEndpoint), Endpoint);
        OptionRules.Require(AzureShardLogOptions.IsContainer(Container), this, nameof(Container));
        OptionRules.Require(
            Table.Length is >= 3 and <= 63 && Table.All(char.IsAsciiLetterOrDigit) && char.IsAsciiLetter(Table[0]), this, nameof(Table));
    }

    private static bool IsConnection(string text)
    {
        try
        {
            _ = new BlobServiceClient(text);
            _ = new TableServiceClient(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    // An identity shows a token, which must not travel in the clear; a query would hold a secret of its own.
    private bool IsEndpoint(string? text) => text is null
        || (ConnectionString is null && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            && uri.Query.Length == 0 && uri.UserInfo.Length == 0);

    private static string Shown(string? endpoint) => endpoint is null || endpoint.Contains('?') || endpoint.Contains('@') ? "of another form" : $"'{endpoint}'";
}
