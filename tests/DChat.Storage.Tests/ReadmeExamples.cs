using Azure.Identity;
using Azure.Storage.Blobs;
using DChat.Storage.Azure.Hosting;
using DChat.Storage.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Storage.Tests;

/// <summary>The snippets of src/DChat.Storage/README.md, its Keys/README.md and src/DChat.Storage.Azure/README.md, which the repository tests compare with it.</summary>
internal static class ReadmeExamples
{
    public static void AddTheLog(IServiceCollection services)
    {
        services.AddLocalShardLog(options =>
        {
            options.Directory = "./data";
            options.Network = "dchat-dev";
            options.ShardBits = 4;
        });
    }

    public static void AddTheLogInAzure(IServiceCollection services)
    {
        services.AddAzureShardLog(
            options =>
            {
                options.Container = "dchat-log";
                options.Network = "dchat-dev";
                options.ShardBits = 4;
            },
            client => new BlobServiceClient(new Uri("https://account.blob.core.windows.net"), new DefaultAzureCredential(), client));
    }

    public static void AddTheKeys(IServiceCollection services)
    {
        services.AddRelayKeys(options =>
        {
            options.Directory = "./data";
            options.Network = "dchat-dev";
            options.Name = "edge-1";
        });
    }
}
